/** Streams without drift for `bench/monitor.ts`: rows of so many days in their order. */
import { Random } from '../base/index.js';
import type { DriftBatch, Matrix } from '../drift/index.js';
export const CLASSES = Array.from({ length: 10 }, (_, i) => `class ${i}`);

export const DAY = 86_400_000;
/** Rows of a day. */
export const DAY_ROWS = 100;

export interface Kind {
  name: string;
  /** What a user would say of it. */
  season?: number;
  by?: string;
  group?: string;
  /** Where rows have no day of their own, they have no times: the baseline is one file. */
  timed?: true;
  /** @param days so many, of `DAY_ROWS` rows each */
  rows(days: number, random: Random): DriftBatch;
}

type RowMaker = (into: Float32Array, row: number) => void;

function batchOf(days: number, columns: number, make: RowMaker): DriftBatch {
  const rows = days * DAY_ROWS;
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) make(data.subarray(row * columns, (row + 1) * columns), row);
  return { embeddings: { rows, columns, data } };
}

function normals(random: Random, into: Float32Array): void {
  for (let c = 0; c < into.length; c++) into[c] = random.normal();
}

function withScores(batch: DriftBatch): DriftBatch {
  const { rows, columns, data } = batch.embeddings;
  const scores = new Float32Array(rows * CLASSES.length);
  for (let row = 0; row < rows; row++) softmax(data, row * columns, scores, row * CLASSES.length);
  return {
    ...batch,
    scores: { rows, columns: CLASSES.length, data: scores },
    statistics: statisticsOf(batch.embeddings),
  };
}

function softmax(from: Matrix['data'], start: number, into: Float32Array, to: number): void {
  let sum = 0;
  for (let c = 0; c < CLASSES.length; c++) {
    into[to + c] = Math.exp(from[start + c]!);
    sum += into[to + c]!;
  }
  for (let c = 0; c < CLASSES.length; c++) into[to + c]! /= sum;
}

/** Stand for image statistics: two that move together, one of few values. */
function statisticsOf({ rows, columns, data }: Matrix): NonNullable<DriftBatch['statistics']> {
  const of = (value: (first: number, second: number) => number) =>
    Float64Array.from({ length: rows }, (_, row) => value(data[row * columns]!, data[row * columns + 1]!));
  return {
    first: of((first) => first),
    together: of((first, second) => 3 * first + second),
    steps: of((_, second) => Math.round(second)),
  };
}

function modes(seed: number, columns: number): Float32Array[] {
  const fixed = Random.stream(seed, 1_000_000);
  return CLASSES.map(() => Float32Array.from({ length: columns }, () => 1.5 * fixed.normal()));
}

const MODES = modes(1, 16);

function mixtureRow(random: Random, into: Float32Array): void {
  const centre = MODES[random.below(MODES.length)]!;
  for (let c = 0; c < into.length; c++) into[c] = centre[c]! + random.normal();
}

function autoregressive(correlation: number): Kind {
  const innovation = Math.sqrt(1 - correlation ** 2);
  return {
    name: `AR(1) ${correlation}`,
    rows(days, random) {
      const state = new Float32Array(8);
      normals(random, state);
      return batchOf(days, 8, (into) => {
        for (let c = 0; c < 8; c++) state[c] = correlation * state[c]! + innovation * random.normal();
        into.set(state);
      });
    },
  };
}

const FRAMES = 10;

const clips: Kind = {
  name: 'clips of 10 frames',
  group: 'clip',
  rows(days, random) {
    const scene = new Float32Array(16);
    const batch = batchOf(days, 16, (into, row) => {
      if (row % FRAMES === 0) mixtureRow(random, scene);
      for (let c = 0; c < 16; c++) into[c] = scene[c]! + 0.05 * random.normal();
    });
    return {
      ...batch,
      groups: Array.from({ length: batch.embeddings.rows }, (_, row) => `${Math.floor(row / FRAMES)}`),
    };
  },
};

/** One clip in three has up to 25 frames, the others up to 5. */
const unequalClips: Kind = {
  name: 'clips of 1 to 25 frames',
  group: 'clip',
  rows(days, random) {
    const scene = new Float32Array(16);
    const groups: string[] = [];
    let [clip, left] = [0, 0];
    const batch = batchOf(days, 16, (into, row) => {
      if (left-- === 0 || row % DAY_ROWS === 0) {
        mixtureRow(random, scene);
        left = random.below(random.below(3) === 0 ? 25 : 5);
        clip++;
      }
      groups.push(`${clip}`);
      for (let c = 0; c < 16; c++) into[c] = scene[c]! + 0.3 * random.normal();
    });
    return { ...batch, groups };
  },
};

const CAMERAS = 8;

const cameras: Kind = {
  name: 'eight cameras',
  by: 'camera',
  rows(days, random) {
    const camera: string[] = [];
    const batch = batchOf(days, 16, (into) => {
      const of = random.below(CAMERAS);
      camera.push(`camera ${of}`);
      normals(random, into);
      into[of]! += 2;
    });
    return { ...batch, segments: { camera } };
  },
};

/** Half of the rows are of one camera; each other camera has half as many as the one before it. */
const unequalCameras: Kind = {
  name: 'eight cameras of unequal traffic',
  by: 'camera',
  rows(days, random) {
    const camera: string[] = [];
    const batch = batchOf(days, 16, (into) => {
      let of = 0;
      while (of < CAMERAS - 1 && random.below(2) === 1) of++;
      camera.push(`camera ${of}`);
      mixtureRow(random, into);
      into[of]! += 2;
    });
    return { ...batch, segments: { camera } };
  },
};

function timed(batch: DriftBatch): DriftBatch {
  const timestamps = Array.from({ length: batch.embeddings.rows }, (_, row) => (row * DAY) / DAY_ROWS);
  return { ...batch, timestamps };
}

const weekly: Kind = {
  name: 'weekly cycle',
  season: 7 * DAY,
  timed: true,
  rows: (days, random) =>
    timed(
      batchOf(days, 8, (into, row) => {
        normals(random, into);
        const weekday = Math.floor(row / DAY_ROWS) % 7;
        into[0]! += weekday < 2 ? 0.5 : 0;
        into[1]! += 0.1 * weekday;
      }),
    ),
};

const varying: Kind = {
  name: 'days that vary 1.5 times',
  timed: true,
  rows(days, random) {
    const day = new Float32Array(8);
    return timed(
      batchOf(days, 8, (into, row) => {
        if (row % DAY_ROWS === 0) normals(random, day);
        for (let c = 0; c < 8; c++) into[c] = random.normal() + Math.sqrt(0.5 / DAY_ROWS) * day[c]!;
      }),
    );
  },
};

export const KINDS: readonly Kind[] = [
  { name: 'independent', rows: (days, random) => withScores(batchOf(days, 16, (into) => mixtureRow(random, into))) },
  {
    name: 'heavy tails',
    rows: (days, random) =>
      batchOf(days, 8, (into) => {
        const scale = Math.sqrt((random.normal() ** 2 + random.normal() ** 2) / 2);
        for (let c = 0; c < 8; c++) into[c] = random.normal() / scale;
      }),
  },
  {
    name: 'sparse ReLU',
    rows: (days, random) =>
      batchOf(days, 32, (into) => {
        for (let c = 0; c < 32; c++) into[c] = Math.max(0, random.normal() - 1);
      }),
  },
  clips,
  autoregressive(0.5),
  autoregressive(0.8),
  cameras,
  weekly,
  varying,
];

/** No rule of the monitor was chosen with them. */
export const HELD_OUT_KINDS: readonly Kind[] = [unequalClips, unequalCameras];
