export { Catalog, type Choose, type Found } from './catalog.js';
