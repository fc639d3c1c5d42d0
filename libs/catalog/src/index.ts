export { Catalog, type Found } from './catalog.js';
