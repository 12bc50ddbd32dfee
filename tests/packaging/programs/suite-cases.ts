// The cases alone, for a program that brings the package itself.
export { runAll } from '../../js/suite/index.js';
