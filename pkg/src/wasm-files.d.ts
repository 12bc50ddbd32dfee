/** What bundlers and runtimes make of an imported wasm file; each entry says which it means. */
declare module '*.wasm' {
  const content: unknown;
  export default content;
}
