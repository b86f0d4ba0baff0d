/** Event tables against a profile: a window a table. */
import {
  checkComparable,
  DEFAULT_METHODS,
  type DriftOptions,
  type DriftReport,
  driftReport,
  methodsByName,
  type Profile,
  WindowCounter,
  type WindowCounterOptions,
  type WindowSummary,
} from '../drift/index.js';
import { driftBatches, withEvents } from './event-batches.js';

/** @throws DataError, DriftError, FileError, naming the table */
export async function driftOfEvents(
  profile: Profile,
  paths: readonly string[],
  options: DriftOptions = {},
): Promise<DriftReport> {
  const windows: { name: string; summary: WindowSummary }[] = [];
  const counting = methodsByName(options.methods ?? DEFAULT_METHODS).some(({ needsSample }) => needsSample)
    ? {}
    : { sampleRows: 0 };
  for (const path of paths) windows.push({ name: path, summary: await summarize(profile, path, counting) });
  return driftReport(profile, windows, options);
}

async function summarize(profile: Profile, path: string, counting: WindowCounterOptions): Promise<WindowSummary> {
  return withEvents(path, async (events) => {
    checkComparable(profile, events.schema, path);
    const counter = new WindowCounter(profile, { ...counting, what: path });
    for await (const batch of driftBatches(events)) counter.add(batch);
    return counter.summary();
  });
}
