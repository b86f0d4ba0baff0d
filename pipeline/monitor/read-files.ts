/** The tables that a monitor has read: a line of JSON each. */

import * as z from 'zod';
import { bytesOfText } from '#platform';
import { readSmallText } from '../../files/index.js';
import { MonitorStateError } from './monitor-error.js';

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

export function encodeFiles(files: readonly ReadFile[]): Uint8Array {
  return bytesOfText(files.map((file) => `${JSON.stringify(file)}\n`).join(''));
}

/** @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
export async function readFiles(path: string): Promise<ReadFile[]> {
  const text = await readSmallText(path, MAX_BYTES, 'the list of files');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, i) => fileOf(path, line, i + 1));
}

function fileOf(path: string, line: string, number: number): ReadFile {
  try {
    return readFile.parse(JSON.parse(line));
  } catch {
    throw new MonitorStateError('MONITOR_STATE_DAMAGED', `${path} line ${number}: is not a file that was read`);
  }
}
