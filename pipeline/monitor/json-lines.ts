/** Files of a monitor's folder: lists as a line of JSON each, and how all of them are written. */
import type * as z from 'zod';
import { bytesOfText } from '#platform';
import { readSmallText, writeFileAtomically } from '../../files/index.js';
import { PRIVATE_FILE } from '../../files/system/index.js';
import { MonitorStateError } from './monitor-error.js';

export function jsonLines(values: readonly unknown[]): Uint8Array {
  return bytesOfText(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

/** @param what a line is, for messages @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
export async function readJsonLines<T>(
  path: string,
  shape: z.ZodType<T>,
  { maxBytes, list, what }: { maxBytes: number; list: string; what: string },
): Promise<T[]> {
  const lines = (await readSmallText(path, maxBytes, list)).split('\n');
  return lines.flatMap((line, i) => {
    if (line === '') return [];
    try {
      return [shape.parse(JSON.parse(line))];
    } catch {
      throw new MonitorStateError('MONITOR_STATE_DAMAGED', `${path} line ${i + 1}: is not ${what}`);
    }
  });
}

/** Null for what is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whole or not at all, and for this user alone. */
export async function writeOwnFile(path: string, bytes: Uint8Array): Promise<void> {
  await writeFileAtomically(path, (file) => file.write(bytes), PRIVATE_FILE);
}
