/** A run (its folder or bucket prefix) may be given where events are meant, if all of its shards are there. */
import { stat } from 'node:fs/promises';
import type { ColumnChoice } from '../data/index.js';

const BUCKET = /^s3:\/\//i;

/** @throws ScaleError `RUN_INCOMPLETE`, `SHARD_…`, `PLAN_INVALID` */
export async function checkRuns(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (await mayBeRun(path)) await (await import('../pipeline/scale/index.js')).checkWholeRun(path);
  }
}

async function mayBeRun(path: string): Promise<boolean> {
  return BUCKET.test(path) || (await stat(path).catch(() => null))?.isDirectory() === true;
}

/** Passes `use` what reads the tables of runs in buckets, if there are any among the paths. */
export async function withTables<T>(
  paths: readonly string[],
  columns: ColumnChoice | undefined,
  use: (columns: ColumnChoice | undefined) => Promise<T>,
): Promise<T> {
  if (!paths.some((path) => BUCKET.test(path))) return use(columns);
  const remote = (await import('../pipeline/embed/index.js')).remoteFiles();
  try {
    return await use({ ...columns, remote });
  } finally {
    await remote.close();
  }
}
