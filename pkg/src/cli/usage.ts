/** What the commands share. */

/** The package: it stays a file of its own beside the command. */
export type Package = typeof import('../node.js');

/** The command line is wrong: the usage is shown with it. */
export class UsageError extends Error {}
