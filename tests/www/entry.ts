// The parts of the page that need no browser.
export * from '../../www/src/data/rows.js';
export * from '../../www/src/data/request.js';
export * from '../../www/src/data/values.js';
export { DATASETS } from '../../www/src/data/datasets.js';
export * from '../../www/src/data/code.js';
export * from '../../www/src/data/example.js';
export { DESIGNS } from '../../www/src/data/gallery.js';
export { OPERATIONS } from '../../www/src/data/operations.js';
export { loadRows } from '../../www/src/data/load.js';
export { sums } from '../../www/src/data/meter.js';
