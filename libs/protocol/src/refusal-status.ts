import type { RefusalKind } from './refusal.js';

/** The HTTP status of each kind of refusal. */
export const REFUSAL_STATUS: Readonly<Record<RefusalKind, number>> = {
  'not-found': 404,
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  method: 405,
  limited: 429,
  busy: 503,
  upstream: 502,
  timeout: 504,
  internal: 500,
};
