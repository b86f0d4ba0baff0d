/** Event tables against a profile: a window a table. */
import {
  checkComparable,
  type DriftOptions,
  type DriftReport,
  driftReport,
  type NamedWindow,
  type Profile,
  WindowCounter,
  type WindowSummary,
  windowCauses,
} from '../drift/index.js';
import { driftBatches, withEvents } from './event-batches.js';

/** @throws DataError, DriftError, FileError, naming the table */
export async function driftOfEvents(
  profile: Profile,
  paths: readonly string[],
  options: DriftOptions = {},
): Promise<DriftReport> {
  const windows: NamedWindow[] = [];
  for (const path of paths) {
    const summary = await summarize(profile, path);
    windows.push({ name: path, summary, causes: windowCauses(profile, summary).words });
  }
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
