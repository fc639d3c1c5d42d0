import type { Room } from './row.js';
import { basePath } from './rooms/base-path.js';
import { cachedOnly, fetching } from './rooms/cached-only.js';
import { conditions } from './rooms/conditions.js';
import { endpoints } from './rooms/endpoints.js';
import { errors } from './rooms/errors.js';
import { malformed, methods, requests } from './rooms/http.js';
import { listings } from './rooms/listings.js';
import { pages } from './rooms/pages.js';
import { escapes, names, nowhere } from './rooms/paths.js';
import { sumdb, sumdbNowhere } from './rooms/sumdb.js';
import { toolchain, toolchainNowhere } from './rooms/toolchain.js';

/** The whole table, in the order in which it is run: rooms that look at what is stored come before those that store. */
export const ROOMS: readonly Room[] = [
  cachedOnly,
  basePath,
  fetching,
  endpoints,
  escapes,
  nowhere,
  names,
  methods,
  requests,
  malformed,
  conditions,
  errors,
  sumdb,
  sumdbNowhere,
  toolchain,
  toolchainNowhere,
  listings,
  pages,
];
