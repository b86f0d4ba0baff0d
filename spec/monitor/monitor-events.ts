/** Tables of made-up events: days of a few cameras, quiet or with a change, and a baseline of them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { fitProfileFromEvents, writeProfile } from '../../pipeline/index.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A Monday. */
export const FIRST_DAY = Date.UTC(2026, 0, 5);
const CAMERAS = ['north', 'east'];
const COLUMNS = 6;
export const COLUMN_CHOICE = { embeddingColumn: 'e*' };

export interface Table {
  /** First day, counted from the first of production. */
  day: number;
  days?: number;
  rows?: number;
  /** How far embeddings have moved, in standard deviations of one mode. */
  shift?: number;
  /** Only this camera has changed. */
  camera?: string;
  /** The ids begin with it; by default the day is in them. */
  ids?: string;
}

/** Rows are the same for the same day, whichever file they are in. */
export function eventsText({ day, days = 1, rows = 60, shift = 0, camera, ids }: Table): string {
  const lines = ['event_id,camera,timestamp,image_stat_brightness,e0,e1,e2,e3,e4,e5'];
  for (let at = day; at < day + days; at++) {
    const random = new Random(1000 + at);
    for (let row = 0; row < rows; row++) lines.push(line(random, at, row, { rows, shift, camera, ids }));
  }
  return `${lines.join('\n')}\n`;
}

interface Row {
  rows: number;
  shift: number;
  camera: string | undefined;
  ids: string | undefined;
}

function line(random: Random, day: number, row: number, { rows, shift, camera, ids }: Row): string {
  const of = CAMERAS[row % CAMERAS.length]!;
  const moved = camera === undefined || camera === of ? shift : 0;
  const mode = random.below(3);
  const values = Array.from(
    { length: COLUMNS },
    (_, c) => (c === mode ? 6 : 0) + random.normal() + (c === 5 ? moved : 0),
  );
  const time = FIRST_DAY + day * DAY + Math.floor((row * DAY) / rows);
  const brightness = 0.5 + 0.1 * random.normal() - 0.05 * moved;
  return [`${ids ?? day}-${row}`, of, time, ...[brightness, ...values].map((value) => value.toFixed(4))].join(',');
}

export function writeEvents(folder: string, name: string, table: Table): string {
  const path = join(folder, name);
  writeFileSync(path, eventsText(table));
  return path;
}

/** Twenty days before the first of production. @returns the path of the profile */
export async function makeBaseline(folder: string, by?: readonly string[]): Promise<string> {
  const events = writeEvents(folder, 'reference.csv', { day: -21, days: 21, rows: 80 });
  const profile = await fitProfileFromEvents(events, { clusters: 3, columns: COLUMN_CHOICE, by });
  const path = join(folder, 'profile.json');
  await writeProfile(path, profile);
  return path;
}

/** All that was counted: name of the month's file without the change that wrote it → its bytes. */
export function sumsIn(state: string): Record<string, string> {
  const { components } = JSON.parse(readFileSync(join(state, 'state.json'), 'utf8')) as {
    components: { months: Record<string, string> }[];
  };
  const months = new Map<string, SumsByMonth>();
  for (const { months: files } of components) {
    for (const [month, file] of Object.entries(files)) addMonth(months, month, readFileSync(join(state, file)));
  }
  return Object.fromEntries([...months].sort().map(([month, sums]) => [month, JSON.stringify([...sums].sort())]));
}

type SumsByMonth = Map<string, number[]>;

/** Read as another program would: the first line says what the doubles behind it are. */
function addMonth(months: Map<string, SumsByMonth>, month: string, bytes: Buffer): void {
  const end = bytes.indexOf('\n');
  const { windows, counted, features, products } = JSON.parse(bytes.toString('utf8', 0, end)) as {
    windows: [number, string[]][];
    counted: number;
    features: number;
    products: number;
  };
  const sums = months.get(month) ?? new Map();
  months.set(month, sums);
  let at = end + 1;
  for (const [start, by] of windows) {
    for (const value of ['', ...by]) {
      const length = 3 + counted + features + (value === '' ? products : 0);
      const numbers = Array.from({ length }, (_, i) => bytes.readDoubleLE(at + 8 * i));
      at += 8 * length;
      const name = `${start} ${value}`;
      sums.set(
        name,
        (sums.get(name) ?? numbers.map(() => 0)).map((sum: number, i: number) => sum + numbers[i]!),
      );
    }
  }
}
