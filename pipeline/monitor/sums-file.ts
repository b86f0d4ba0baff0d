/**
 * The sums of a month's windows in one file: a line of JSON that says which rows there are, then the rows as
 * little-endian doubles. Only a month that got rows is written again.
 */
import * as z from 'zod';
import { bytesOfText, concat, utf8 } from '#platform';
import { addSums, type Sums } from '../../drift/monitor/index.js';
import { readSmallFile } from '../../files/index.js';
import { parsedJson } from './json-lines.js';
import { damagedState } from './monitor-error.js';

/** All rows of a window, and those of each value of `by`. */
export interface WindowSums {
  all: Sums;
  by: Map<string, Sums>;
}

/** Start of a window, ms → its sums. */
export type SumsByWindow = Map<number, WindowSums>;

/** What the recorder of a service has counted since its file before. */
export interface Recorded {
  recorder: string;
  /** Files of this recorder before it. */
  number: number;
  baseline_sha256: string;
  rows: number;
  /** Records that were refused, by the code of the reason. */
  refused: Readonly<Record<string, number>>;
  /** The latest timestamp; null without rows. */
  last: number | null;
  windows: SumsByWindow;
}

/** A month of hours with a hundred cameras. */
export const MAX_MONTH_BYTES = 512 * 2 ** 20;
const LINE_END = 10;

const length = z.number().int().nonnegative();
const header = z.object({
  /** The start of each window, and the values of `by` in the order of the rows behind that of all. */
  windows: z.array(z.tuple([z.number(), z.array(z.string())])),
  /** Lengths of the lists in a row. Rows of one value have no products. */
  counted: length,
  features: length,
  products: length,
});
type Header = z.infer<typeof header>;

/** `rows`, `skipped`, `squares`. */
const ALONE = 3;

/** `2026-11` of a window that begins in this month, UTC. */
export function monthOf(start: number): string {
  return new Date(start).toISOString().replace(/-\d\dT.*/, '');
}

/** Adds counts by name. */
export function addCounts(to: Record<string, number>, added: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(added)) to[name] = (to[name] ?? 0) + count;
}

export function addWindow(known: SumsByWindow, start: number, added: WindowSums): void {
  const window = known.get(start);
  if (window === undefined) {
    known.set(start, { all: added.all, by: new Map(added.by) });
    return;
  }
  window.all = addSums(window.all, added.all);
  for (const [value, sums] of added.by) {
    const before = window.by.get(value);
    window.by.set(value, before === undefined ? sums : addSums(before, sums));
  }
}

export function encodeMonth(windows: SumsByWindow): Uint8Array {
  const sorted = [...windows].sort(([a], [b]) => a - b);
  const named = sorted.map(([start, { all, by }]) => {
    return { start, all, by: [...by].sort(([a], [b]) => (a < b ? -1 : 1)) };
  });
  const { counted, features, products } = (named[0] as (typeof named)[number]).all;
  const lengths = { counted: counted.length, features: features.length, products: products.length };
  const head: Header = { windows: named.map(({ start, by }) => [start, by.map(([value]) => value)]), ...lengths };
  const rows = named.flatMap(({ all, by }) => [all, ...by.map(([, sums]) => sums)]);
  const bytes = new DataView(new ArrayBuffer(8 * numbersIn(head)));
  let at = 0;
  for (const row of rows) {
    for (const value of numbersOf(row)) bytes.setFloat64(8 * at++, value, true);
  }
  return concat([bytesOfText(`${JSON.stringify(head)}\n`), new Uint8Array(bytes.buffer)]);
}

function numbersOf({ rows, skipped, squares, counted, features, products }: Sums): number[] {
  return [rows, skipped, squares, ...counted, ...features, ...products];
}

function numbersIn({ windows, counted, features, products }: Header): number {
  const one = ALONE + counted + features;
  return windows.reduce((sum, [, by]) => sum + one + products + one * by.length, 0);
}

/** @throws MonitorStateError `MONITOR_STATE_DAMAGED`; FileError */
export async function readMonth(path: string): Promise<SumsByWindow> {
  return decodeMonth(path, await readSmallFile(path, MAX_MONTH_BYTES, "a month's sums"));
}

/** @param path for messages @throws MonitorStateError `MONITOR_STATE_DAMAGED` */
export function decodeMonth(path: string, bytes: Uint8Array): SumsByWindow {
  const end = bytes.indexOf(LINE_END);
  const head = headerOf(path, utf8(bytes.subarray(0, Math.max(end, 0))));
  const [needed, found] = [8 * numbersIn(head), bytes.byteLength - end - 1];
  if (needed !== found) {
    const [has, takes] = [found, needed].map((value) => value.toLocaleString('en'));
    throw damagedState(`${path}: its ${head.windows.length} windows take ${takes} bytes, ${has} are there`);
  }
  const numbers = new NumberReader(bytes.subarray(end + 1));
  return new Map(
    head.windows.map(([start, by]) => {
      const all = numbers.sums(head, head.products);
      return [start, { all, by: new Map(by.map((value) => [value, numbers.sums(head, 0)] as const)) }];
    }),
  );
}

class NumberReader {
  readonly #bytes: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  sums({ counted, features }: Header, products: number): Sums {
    const [rows, skipped, squares] = this.#list(ALONE) as unknown as [number, number, number];
    return {
      ...{ rows, skipped, squares },
      counted: this.#list(counted),
      features: this.#list(features),
      products: this.#list(products),
    };
  }

  #list(length: number): Float64Array {
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++, this.#at += 8) values[i] = this.#bytes.getFloat64(this.#at, true);
    return values;
  }
}

function headerOf(path: string, line: string): Header {
  const found = header.safeParse(parsedJson(line));
  if (found.success) return found.data;
  throw damagedState(`${path}: its first line is not that of sums`);
}
