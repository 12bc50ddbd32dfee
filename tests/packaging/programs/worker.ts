// The suite in a Worker, whenever it is asked: only within a request has it randomness and timers.
import * as pkg from 'dynatab';
import { runAll, type Package } from '../../js/suite/index.js';

let count = 0;
const env = {
  label: 'memory',
  persistent: false,
  fresh: () => ({ name: `m${count++}`, storage: 'memory' as const }),
};

export default {
  async fetch(): Promise<Response> {
    const results = await runAll({ pkg: pkg as unknown as Package, env });
    return Response.json(results.map((result) => ({ label: env.label, ...result })));
  },
};
