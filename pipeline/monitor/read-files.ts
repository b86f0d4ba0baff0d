/** The tables that a monitor has read: a line of JSON each. */
import * as z from 'zod';
import { readJsonLines } from './json-lines.js';

const readFile = z.object({
  /** Whole path, or URL. */
  path: z.string(),
  sha256: z.string(),
  rows: z.number().int().nonnegative(),
  /** First and last timestamp, ms; null without rows. */
  from: z.number().nullable(),
  to: z.number().nullable(),
});
export type ReadFile = z.infer<typeof readFile>;

/** A million files. */
const MAX_BYTES = 512 * 2 ** 20;

/** @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
export function readFiles(path: string): Promise<ReadFile[]> {
  return readJsonLines(path, readFile, {
    maxBytes: MAX_BYTES,
    list: 'the list of files',
    what: 'a file that was read',
  });
}
