/** The types of the slim entry. */

export * from './entry/slim.js';
