/** The wasm as the build and the runtimes give it to the entries. */

/** workerd: an imported wasm file is a WebAssembly.Module. */
declare module '*.wasm' {
  const module: unknown;
  export default module;
}

/** The build: the two files as base64. */
declare module 'engine:first' {
  const text: string;
  export default text;
}
declare module 'engine:more' {
  const text: string;
  export default text;
}
