/**
 * What services have counted, in files of their own: `recorded/RECORDER.NUMBER`. A line of JSON, then sums as in a
 * month's file. Each is written once, whole, and removed by the update that counts it. The state names those that the
 * last update counted: if it was killed before it could remove them, the next one does so first.
 */
import * as z from 'zod';
import { bytesOfText, concat, join, listFolder, removeFile, utf8 } from '#platform';
import type { WindowLength } from '../../drift/index.js';
import { isThere, readSmallFile } from '../../files/index.js';
import { makePrivateFolder } from '../../files/system/index.js';
import { checkBaselineSame } from './add-state.js';
import type { Counted } from './intake.js';
import { parsedJson, writeOwnFile } from './json-lines.js';
import { isLate, type Ledger } from './ledger.js';
import { damagedState } from './monitor-error.js';
import { RECORDED_FOLDER } from './state-folder.js';
import { addCounts, decodeMonth, encodeMonth, MAX_MONTH_BYTES, type Recorded } from './sums-file.js';

const FORMAT = 'image-drift recorded';
const LINE_END = 10;

const count = z.number().int().nonnegative();
const header = z.object({
  format: z.literal(FORMAT),
  schema: z.literal(1),
  recorder: z.string(),
  number: count,
  baseline_sha256: z.string(),
  rows: count,
  refused: z.record(z.string(), count),
  last: z.number().int().nullable(),
});

/** Makes it. @param folder of the monitor */
export async function recordedFolder(folder: string): Promise<string> {
  const path = join(folder, RECORDED_FOLDER);
  await makePrivateFolder(path);
  return path;
}

/** @param folder of the monitor; `recordedFolder` has been called @throws FileError */
export async function writeRecorded(folder: string, { windows, ...facts }: Recorded): Promise<void> {
  const head = bytesOfText(`${JSON.stringify({ format: FORMAT, schema: 1, ...facts })}\n`);
  const sums = windows.size === 0 ? [] : [encodeMonth(windows)];
  await writeOwnFile(join(folder, RECORDED_FOLDER, `${facts.recorder}.${facts.number}`), concat([head, ...sums]));
}

/** @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
async function readRecorded(path: string): Promise<Recorded> {
  const bytes = await readSmallFile(path, MAX_MONTH_BYTES, 'what a service has counted');
  const end = bytes.indexOf(LINE_END);
  const facts = header.safeParse(parsedJson(utf8(bytes.subarray(0, Math.max(end, 0)))));
  if (!facts.success) throw damagedState(`${path}: its first line is not that of a recorder`);
  const rest = bytes.subarray(end + 1);
  return { ...facts.data, windows: rest.length === 0 ? new Map() : decodeMonth(path, rest) };
}

/** A file that its writer has not given its name yet has another ending. */
const NAME = /^[\w-]+\.\d+$/;

/** Counts what is new. @throws MonitorStateError `MONITOR_STATE_DAMAGED`, `MONITOR_OTHER_BASELINE`; FileError */
export async function takeRecorded(folder: string, ledger: Ledger, counted: Counted): Promise<void> {
  const { state } = ledger;
  await removeTaken(folder, state.taken);
  state.taken = [];
  const place = join(folder, RECORDED_FOLDER);
  if (!(await isThere(place))) return;
  const names = (await listFolder(place)).map(({ name }) => name).filter((name) => NAME.test(name));
  // By number: the state knows of each recorder how many it has counted.
  for (const name of names.sort((a, b) => numberOf(a) - numberOf(b))) {
    const path = join(place, name);
    const recorded = await readRecorded(path);
    checkBaselineSame(path, recorded.baseline_sha256, state.baseline_sha256);
    state.taken.push(name);
    // Its recorder has written it again: it could not know that it was there.
    if (ledger.own.hasRecorded(recorded)) continue;
    ledger.own.addRecorded(recorded);
    addRecorded(counted, recorded, state.promise.window, state.judged);
  }
}

const numberOf = (name: string) => Number(name.slice(name.lastIndexOf('.') + 1));

function addRecorded(
  counted: Counted,
  { windows, rows, refused }: Recorded,
  window: WindowLength,
  judged: number,
): void {
  counted.added += rows;
  addCounts(counted.refused, refused);
  for (const [start, { all }] of windows) if (isLate(start, window, judged)) counted.late += all.rows;
}

/** After the state names them. */
export async function removeTaken(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await removeFile(join(folder, RECORDED_FOLDER, name));
}
