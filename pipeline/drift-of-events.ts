/** Event tables against a profile: a window a table. */
import {
  checkComparable,
  type DriftOptions,
  type DriftReport,
  driftReport,
  type Profile,
  WindowCounter,
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
  for (const path of paths) windows.push({ name: path, summary: await summarize(profile, path) });
  return driftReport(profile, windows, options);
}

async function summarize(profile: Profile, path: string): Promise<WindowSummary> {
  return withEvents(path, async (events) => {
    checkComparable(profile, events.schema, path);
    const counter = new WindowCounter(profile, { what: path });
    for await (const batch of driftBatches(events)) counter.add(batch);
    return counter.summary();
  });
}
