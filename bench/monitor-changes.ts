/** Changes that the benchmark of `monitor` waits for: of made rows, of images, of one camera. */
import type { Random } from '../base/index.js';
import { type DriftBatch, type Profile, takeRows } from '../drift/index.js';
import type { Sums } from '../monitor/index.js';
import type { CifarImages } from './monitor-cifar.js';
import { CLASSES, DAY_ROWS } from './monitor-kinds.js';
import { RowTable } from './monitor-rows.js';
import { type DaySums, drawn } from './monitor-streams.js';

const CHANGE = 60;

export interface Change {
  name: string;
  /** The first day of the change. */
  start: number;
  baseline(rows: number, random: Random): DriftBatch;
  days(profile: Profile, random: Random): (day: number) => DaySums;
  by?: string;
}

/** Rows of ten independent normal features, shifted by √4 standard errors of a day's mean. */
const jumpOn = (start: number): Change => ({
  name: start === CHANGE ? 'jump of noncentrality 4' : `jump of noncentrality 4 on day ${start}`,
  start,
  baseline: (rows, random) => normalRows(rows, random, null),
  days(profile, random) {
    const direction = Float64Array.from({ length: 10 }, () => random.normal());
    const length = Math.hypot(...direction);
    const shift = direction.map((value) => ((2 / length) * value) / Math.sqrt(DAY_ROWS));
    return (day) => {
      const batch = normalRows(DAY_ROWS, random, day < start ? null : shift);
      return { all: drawnAll(new RowTable(profile, batch)), by: new Map() };
    };
  },
});

function drawnAll(table: RowTable): Sums {
  let row = 0;
  return drawn(table, table.rows, () => row++);
}

function normalRows(rows: number, random: Random, shift: Float64Array | null): DriftBatch {
  const data = Float32Array.from({ length: rows * 10 }, (_, i) => random.normal() + (shift?.[i % 10] ?? 0));
  return { embeddings: { rows, columns: 10, data } };
}

function imageChange(
  name: string,
  { clean, ...others }: CifarImages,
  share: (day: number) => number,
  to: 'blurred' | 'dark' | 'clothes' | 'class',
): Change {
  const rows = clean.embeddings.rows;
  return {
    name,
    start: CHANGE,
    baseline: (count, random) => takeRows(clean, [...random.sample(rows, count)]),
    days(profile, random) {
      const [before, after] = [clean, to === 'class' ? clean : others[to]].map((rows) => new RowTable(profile, rows));
      const population = Uint32Array.from({ length: rows }, () => random.below(rows));
      const one = random.below(CLASSES.length);
      const members = population.filter((row) => to !== 'class' || clean.labels[row] === one);
      return (day) => {
        const sums = before!.none();
        for (let i = 0; i < DAY_ROWS; i++) {
          const changed = day >= CHANGE && random.uniform() < share(day - CHANGE);
          const from = changed ? members : population;
          (changed ? after! : before!).add(sums, from[random.below(from.length)]!);
        }
        return { all: sums, by: new Map() };
      };
    },
  };
}

/** One camera of eight is blurred in half of its images. */
function cameraChange({ clean, blurred }: CifarImages): Change {
  const rows = clean.embeddings.rows;
  return {
    name: 'one camera of eight, 50 % blurred',
    start: CHANGE,
    by: 'camera',
    baseline: (count, random) => takeRows(clean, [...random.sample(rows, count)]),
    days(profile, random) {
      const [before, after] = [new RowTable(profile, clean), new RowTable(profile, blurred)];
      const population = Uint32Array.from({ length: rows }, () => random.below(rows));
      return (day) => {
        const all = before.none();
        const by = new Map<string, Sums>();
        for (let i = 0; i < DAY_ROWS; i++) {
          const camera = `camera ${i % 8}`;
          const sums = by.get(camera) ?? before.none(false);
          by.set(camera, sums);
          const table = day >= CHANGE && camera === 'camera 3' && random.uniform() < 0.5 ? after : before;
          const row = population[random.below(rows)]!;
          for (const into of [all, sums]) table.add(into, row);
        }
        return { all, by };
      };
    },
  };
}

/** In the order in which the command line counts them. */
export function changesOf(images: CifarImages): Change[] {
  return [
    jumpOn(CHANGE),
    imageChange('20 % blurred', images, () => 0.2, 'blurred'),
    imageChange('10 % dark', images, () => 0.1, 'dark'),
    imageChange('a class + 10 points', images, () => 0.1, 'class'),
    imageChange('a ramp to 30 % blurred in 60 days', images, (day) => 0.3 * Math.min(1, day / 60), 'blurred'),
    cameraChange(images),
    jumpOn(3),
    imageChange('5 % of another domain', images, () => 0.05, 'clothes'),
  ];
}
