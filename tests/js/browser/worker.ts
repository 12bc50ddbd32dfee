// The suite in a dedicated worker, on the origin private file system; results are posted.
import { runAll, type Env, type Package } from '../suite/index.js';

const pkg = (await import(new URL('/dist/browser.js', location.href).href)) as Package;
let count = 0;
const session = Math.random().toString(36).slice(2);
const env: Env = {
  label: 'opfs',
  persistent: true,
  // Names of directories have rules of their own.
  fresh: () => ({ name: `../${session}*ü/${count++}`, storage: 'opfs' }),
};
postMessage(await runAll({ pkg, env }));
