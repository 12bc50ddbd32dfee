/** The types of the package: what all entries have in common. */

export * from './entry/browser.js';
