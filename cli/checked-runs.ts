/** Where events are meant, the folder of a run may stand: then all of its shards must be there. */
import { stat } from 'node:fs/promises';

/** @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…`, `PLAN_INVALID` */
export async function checkRuns(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory()) await (await import('../pipeline/scale/index.js')).checkWholeRun(path);
  }
}
