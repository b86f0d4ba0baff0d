/** All that a STATE holds, in memory: the sums of each component by month, and which tables they are of. */
import { join } from '#platform';
import { type WindowLength, windowMilliseconds, windowStart } from '../../drift/index.js';
import type { MonitorWindow } from '../../monitor/index.js';
import { jsonLines } from './json-lines.js';
import { type ReadFile, readFiles } from './read-files.js';
import type { Component, MonitorState } from './state-file.js';
import type { Change } from './state-folder.js';
import {
  addWindow,
  encodeMonth,
  monthOf,
  type Recorded,
  readMonth,
  type SumsByWindow,
  type WindowSums,
} from './sums-file.js';

/** Enough to find out that two copies of one folder went on apart. */
export const KEPT_RECORDERS = 500;

/** What one component has read. */
export class Account {
  readonly files: ReadFile[];
  readonly months: Map<string, SumsByWindow>;
  readonly #changed = new Set<string>();
  readonly #shas: Set<string>;

  constructor(
    readonly facts: Component,
    files: ReadFile[],
    months: Map<string, SumsByWindow>,
  ) {
    this.files = files;
    this.months = months;
    this.#shas = new Set(files.map(({ sha256 }) => sha256));
  }

  has(sha256: string): boolean {
    return this.#shas.has(sha256);
  }

  addFile(file: ReadFile, windows: ReadonlyMap<number, WindowSums>): void {
    this.files.push(file);
    this.facts.sequence++;
    this.#shas.add(file.sha256);
    this.#add(file.rows, file.to, windows);
  }

  hasRecorded({ recorder, number }: Recorded): boolean {
    return this.facts.recorders.some(([id, files]) => id === recorder && files > number);
  }

  addRecorded({ recorder, number, rows, refused, last, windows }: Recorded): void {
    const { facts } = this;
    facts.sequence++;
    for (const count of Object.values(refused)) facts.rejected += count;
    const others = facts.recorders.filter(([id]) => id !== recorder);
    facts.recorders = [...others, [recorder, number + 1] as [string, number]].slice(-KEPT_RECORDERS);
    this.#add(rows, last, windows);
  }

  #add(rows: number, last: number | null, windows: ReadonlyMap<number, WindowSums>): void {
    this.facts.rows += rows;
    if (last !== null) this.facts.last = Math.max(this.facts.last ?? last, last);
    for (const [start, sums] of windows) {
      const month = monthOf(start);
      const known = this.months.get(month) ?? new Map();
      this.months.set(month, known);
      addWindow(known, start, sums);
      this.#changed.add(month);
    }
  }

  /** Marks all: it is new to the folder that it is written into. */
  whole(): this {
    for (const month of this.months.keys()) this.#changed.add(month);
    return this;
  }

  async write(change: Change): Promise<void> {
    const { facts } = this;
    for (const month of this.#changed) {
      const bytes = encodeMonth(this.months.get(month) as SumsByWindow);
      facts.months[month] = await change.write('sums', `${facts.id}-${month}`, bytes);
    }
    this.#changed.clear();
    facts.files = await change.write('files', facts.id, jsonLines(this.files));
  }
}

export class Ledger {
  constructor(
    readonly folder: string,
    readonly state: MonitorState,
    readonly accounts: Account[],
  ) {}

  static async read(folder: string, state: MonitorState): Promise<Ledger> {
    const accounts: Account[] = [];
    for (const facts of state.components) accounts.push(await readAccount(folder, facts));
    return new Ledger(folder, state, accounts);
  }

  get own(): Account {
    return this.accounts[0]!;
  }

  /** Windows of all components up to the last one that was judged, in the order of time. */
  windows(): MonitorWindow[] {
    const { judged, promise } = this.state;
    const length = windowMilliseconds(promise.window);
    const all: SumsByWindow = new Map();
    for (const { months } of this.accounts) {
      for (const windows of months.values()) for (const [start, sums] of windows) addWindow(all, start, sums);
    }
    return [...all]
      .sort(([a], [b]) => a - b)
      .map(([from, sums]) => ({ from, to: from + length, ...sums }))
      .filter(({ to }) => to <= judged);
  }

  /**
   * Which windows are judged from here on: those that have ended by the clock, or by a row of a later window. One that
   * was judged stays so, whatever the clock says later.
   */
  judge(now: number): void {
    const { state } = this;
    const last = lastOf(this.accounts.map(({ facts }) => facts));
    if (last === null) return;
    const length = windowMilliseconds(state.promise.window);
    const ended = Math.max(now, windowStart(last, state.promise.window));
    for (const start of this.#starts()) {
      if (start + length <= ended) state.judged = Math.max(state.judged, start + length);
    }
  }

  *#starts(): Iterable<number> {
    for (const { months } of this.accounts) for (const windows of months.values()) yield* windows.keys();
  }
}

/** The latest timestamp of all; null without rows. */
export function lastOf(components: readonly Component[]): number | null {
  const known = components.flatMap(({ last }) => last ?? []);
  return known.length === 0 ? null : Math.max(...known);
}

export async function readAccount(folder: string, facts: Component): Promise<Account> {
  const months = new Map<string, SumsByWindow>();
  for (const [month, file] of Object.entries(facts.months)) months.set(month, await readMonth(join(folder, file)));
  const files = facts.files === null ? [] : await readFiles(join(folder, facts.files));
  return new Account(facts, files, months);
}

/** Whether a window has ended, and was judged, before the rows came. */
export function isLate(start: number, window: WindowLength, judged: number): boolean {
  return start + windowMilliseconds(window) <= judged;
}
