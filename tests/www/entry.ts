// The parts of the page that need no browser.
export * from '../../www/src/data/rows.js';
export * from '../../www/src/data/request.js';
export * from '../../www/src/data/values.js';
export { DATASETS } from '../../www/src/data/datasets.js';
