export { Catalog, type Found } from './catalog.js';
export { freshQueries } from './fresh-queries.js';
export { VersionCatalog, type CatalogPage } from './version-catalog.js';
export { VersionIndex, type IndexEntry } from './version-index.js';
