/** Repairs a database in the origin private file system, in a context that has handles of files. */

import type { RepairReport } from '../../types.js';
import type { EngineModule, EngineOptions } from '../../wasm.js';

export async function repairFiles(
  module: EngineModule,
  settings: EngineOptions,
  { openFiles }: typeof import('../../entry/opfs.js'),
): Promise<RepairReport> {
  await module.complete();
  const pool = await openFiles(settings.name, { salvage: true });
  try {
    const report = await module.repair({ ...settings, storage: 'files', files: pool.primitives });
    for (const problem of pool.discard()) {
      report.repaired = true;
      report.problems.push({ problem });
    }
    return report;
  } finally {
    pool.release();
  }
}
