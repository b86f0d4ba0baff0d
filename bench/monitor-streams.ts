/** Streams of days for the benchmark of `monitor`: of made rows, and of CIFAR-10's images. */
import { Random } from '../base/index.js';
import { type DriftBatch, fitProfile, type Profile, takeRows } from '../drift/index.js';
import { FeatureModel, type MonitorPromise, type MonitorWindow, type Sums, SumsCounter } from '../monitor/index.js';
import { cifarImages } from './monitor-cifar.js';
import { CLASSES, DAY, DAY_ROWS, type Kind } from './monitor-kinds.js';
import type { PeerStream } from './monitor-peers.js';
import { RowTable } from './monitor-rows.js';

const POOL_DAYS = 1_001;
const EVERY = 365 * DAY;
const CIFAR = 'CIFAR-10 embeddings';

export type DaySums = Pick<MonitorWindow, 'all' | 'by'>;

export interface Stream {
  name: string;
  promise: MonitorPromise;
  baseline(rows: number, random: Random): DriftBatch;
  /** @returns a maker of the sums of a day */
  days(profile: Profile, random: Random): (day: number) => DaySums;
}

export function promiseOf({ season, by, group }: Partial<Kind>): MonitorPromise {
  return { falseAlarmEvery: EVERY, window: DAY, season: season ?? null, by: by ?? null, group: group ?? null };
}

export function streamOf(kind: Kind, seed: number): Stream {
  const pool = kind.rows(POOL_DAYS, Random.stream(7, seed));
  const weekly = kind.season !== undefined;
  return {
    name: kind.name,
    promise: promiseOf(kind),
    baseline: (rows, random) => kind.rows(rows / DAY_ROWS, random),
    days(profile, random) {
      const days = daysOf(profile, pool, kind.by);
      return (day) => days[random.below(POOL_DAYS / 7) * 7 + (weekly ? day % 7 : random.below(7))]!;
    },
  };
}

function daysOf(profile: Profile, batch: DriftBatch, by: string | undefined): DaySums[] {
  const model = new FeatureModel(profile);
  return Array.from({ length: batch.embeddings.rows / DAY_ROWS }, (_, day) => {
    const all = new SumsCounter(model, true);
    const values = new Map<string, SumsCounter>();
    for (let row = day * DAY_ROWS; row < (day + 1) * DAY_ROWS; row++) {
      all.add(batch, row);
      if (by === undefined) continue;
      const value = batch.segments![by]![row]!;
      const counter = values.get(value) ?? new SumsCounter(model, false);
      values.set(value, counter);
      counter.add(batch, row);
    }
    return { all: all.sums(), by: new Map([...values].map(([value, counter]) => [value, counter.sums()])) };
  });
}

export function peerStream(kind: Kind): PeerStream {
  const baseline = (rows: number, random: Random) => kind.rows(rows / DAY_ROWS, random);
  return { name: kind.name, promise: promiseOf(kind), baseline, year: (days, random) => kind.rows(days, random) };
}

export function peerImages(pool: DriftBatch): PeerStream {
  const { rows } = pool.embeddings;
  const { name, promise, baseline } = imageStream(pool);
  return {
    ...{ name, promise, baseline },
    year(days, random) {
      const population = Uint32Array.from({ length: rows }, () => random.below(rows));
      return takeRows(
        pool,
        Array.from({ length: days * DAY_ROWS }, () => population[random.below(rows)]!),
      );
    },
  };
}

export function imageStream(pool: DriftBatch): Stream {
  const { rows } = pool.embeddings;
  return {
    name: CIFAR,
    promise: promiseOf({}),
    baseline: (count, random) => takeRows(pool, [...random.sample(rows, count)]),
    days(profile, random) {
      const table = new RowTable(profile, pool);
      const population = Uint32Array.from({ length: rows }, () => random.below(rows));
      return () => ({ all: drawn(table, DAY_ROWS, () => population[random.below(rows)]!), by: new Map() });
    },
  };
}

export function drawn(table: RowTable, count: number, row: () => number): Sums {
  const sums = table.none();
  for (let i = 0; i < count; i++) table.add(sums, row());
  return sums;
}

function joinedRows(a: DriftBatch, b: DriftBatch): DriftBatch {
  const matrix = (x: NonNullable<DriftBatch['scores']>, y: NonNullable<DriftBatch['scores']>) => {
    const data = new Float32Array(x.data.length + y.data.length);
    data.set(x.data);
    data.set(y.data, x.data.length);
    return { rows: x.rows + y.rows, columns: x.columns, data };
  };
  const names = Object.keys(a.statistics!);
  return {
    embeddings: matrix(a.embeddings, b.embeddings),
    scores: matrix(a.scores!, b.scores!),
    statistics: Object.fromEntries(
      names.map((name) => [name, [...Array.from(a.statistics![name]!), ...Array.from(b.statistics![name]!)]]),
    ),
  };
}

export function profileOf(batch: DriftBatch, seed: number): Profile {
  const source = { ...(batch.scores && { classes: CLASSES }), ...(batch.groups && { groupName: 'clip' }) };
  return fitProfile(batch, source, { restarts: 1, seed });
}

export function windowsFrom(day: (day: number) => DaySums, days: number): MonitorWindow[] {
  return Array.from({ length: days }, (_, at) => ({ from: at * DAY, to: (at + 1) * DAY, ...day(at) }));
}

export async function cleanImages(): Promise<DriftBatch> {
  const { reference, clean } = await cifarImages();
  return joinedRows(reference, clean);
}
