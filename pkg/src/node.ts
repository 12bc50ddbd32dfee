/** The Node entry under the name its bundle has, for the command line, which is bundled without it. */

export * from './entry/node.js';
