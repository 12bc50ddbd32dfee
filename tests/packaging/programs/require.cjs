// The suite over `require('dynatab')`.
const pkg = require('dynatab');

let count = 0;
const env = { label: 'memory', persistent: false, fresh: () => ({ name: `m${count++}`, storage: 'memory' }) };
import('./cases.mjs')
  .then(({ runAll }) => runAll({ pkg, env }))
  .then((results) => console.log(JSON.stringify(results.map((result) => ({ label: 'memory', ...result })))));
