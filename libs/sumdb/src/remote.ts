/**
 * Asks the database itself, by whatever way leads to it. Path: `lookup/...`, `tile/...`, `latest`, as in its URL.
 * Throws RefusalError: `not-found` for a 404 or 410.
 */
export type Remote = (path: string, context: { readonly signal: AbortSignal }) => Promise<{ readonly bytes: Buffer }>;
