import type { Random } from '../../../base/index.js';
import {
  type CarriedColumn,
  type CarriedValue,
  type EventBatch,
  type EventSource,
  type EventTableSchema,
  type OpenEventsOptions,
  openEvents,
  openEventWriter,
} from '../../../data/index.js';
import { collect } from '../../support/test.js';

export interface Events {
  rows: number;
  embeddings: Float32Array;
  scores: Float32Array;
  targets: (string | null)[];
  imageUrls: (string | null)[];
  timestamps: (number | null)[];
  eventIds: (string | null)[];
  statistics: Map<string, Float32Array>;
  extraTaps: Map<string, Float32Array>;
  carried: Map<string, CarriedValue[]>;
}

export const plainSchema: EventTableSchema = {
  dimensions: 4,
  classes: ['plane', 'car'],
  tap: 'fc.0',
  weightsSha256: 'ab'.repeat(32),
  hasTargets: true,
  hasImageUrls: true,
  hasTimestamps: true,
  hasEventIds: true,
  statistics: [],
  images: null,
  extraTaps: new Map(),
};

const TEXTS = '|a|a,b|"|say "hi"|two\nlines|cr\r\nlf| spaces |ü|🙂|[1, 2]|null|NaN|0'.split('|');

/** Any finite float32: all exponents, subnormals, both zeros. */
export function anyFloat32(random: Random): number {
  for (;;) {
    const bits = Uint32Array.of(random.uint32());
    const value = new Float32Array(bits.buffer)[0] as number;
    if (Number.isFinite(value)) return value;
  }
}

export function randomBatch(schema: EventTableSchema, rows: number, random: Random): EventBatch {
  const chance = () => random.uniform();
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)] as T;
  const floats = (length: number) => Float32Array.from({ length }, () => anyFloat32(random));
  const column = <T>(has: boolean, make: () => T) =>
    Array.from({ length: rows }, () => (has && chance() > 0.1 ? make() : null));
  return {
    rows,
    embeddings: floats(rows * schema.dimensions),
    scores: schema.classes.length > 0 ? floats(rows * schema.classes.length) : null,
    targets: column(schema.hasTargets, () => pick(schema.classes.length > 0 ? schema.classes : ['cat', 'dog'])),
    imageUrls: column(schema.hasImageUrls, () => pick(TEXTS.slice(1)) + pick(TEXTS)),
    timestamps: column(schema.hasTimestamps, () => 1e11 + Math.floor(chance() * 4e12)),
    eventIds: column(schema.hasEventIds, () => Math.floor(chance() * 2 ** 48).toString(16)),
    statistics: new Map(
      schema.statistics.map((name) => [name, floats(rows).map((value) => (chance() > 0.1 ? value : Number.NaN))]),
    ),
    extraTaps: new Map(
      [...schema.extraTaps].map(([name, shape]) => [name, floats(rows * shape.reduce((a, b) => a * b, 1))]),
    ),
    carried: new Map(
      (schema.carried ?? []).map(({ name, type }) => [
        name,
        type === 'integer'
          ? Array.from({ length: rows }, () => random.below(1e6) - 5e5)
          : column(true, () => carriedValue(type, random)),
      ]),
    ),
  };
}

/** What reads back in every format: whole numbers are never null here, since npz has no null for them. */
function carriedValue(type: CarriedColumn['type'], random: Random): CarriedValue {
  if (type === 'float') return random.uniform() - 0.5;
  if (type === 'boolean') return random.uniform() < 0.5;
  return type === 'timestamp' ? 1e12 + random.below(1e9) : `text ${random.below(5)}, "quoted" ü`;
}

export async function writeEvents(
  path: string,
  schema: EventTableSchema,
  batches: Iterable<EventBatch>,
  options?: Parameters<typeof openEventWriter>[2],
): Promise<void> {
  const writer = await openEventWriter(path, schema, options);
  for (const batch of batches) await writer.write(batch);
  await writer.commit();
}

export async function withEvents<T>(
  path: string,
  options: OpenEventsOptions,
  use: (source: EventSource) => Promise<T>,
): Promise<T> {
  const source = await openEvents(path, options);
  return use(source).finally(() => source.close());
}

/** All of a table, and what it says of itself. */
export function readEvents(path: string, options: OpenEventsOptions = {}) {
  return withEvents(path, options, async (source) => {
    return { schema: source.schema, rows: source.rows, events: await collectEvents(source) };
  });
}

export async function collectEvents(source: Pick<EventSource, 'batches'>): Promise<Events> {
  return joined(await collect(source.batches()));
}

export function joined(batches: readonly EventBatch[]): Events {
  const joinedMaps = <T, R>(maps: readonly (ReadonlyMap<string, T> | undefined)[], join: (values: T[]) => R) =>
    new Map([...(maps[0]?.keys() ?? [])].map((name) => [name, join(maps.map((map) => map?.get(name) as T))]));
  return {
    rows: batches.reduce((sum, batch) => sum + batch.rows, 0),
    embeddings: concatenated(batches.map((batch) => batch.embeddings)),
    scores: concatenated(batches.map((batch) => batch.scores ?? new Float32Array(0))),
    targets: batches.flatMap((batch) => batch.targets),
    imageUrls: batches.flatMap((batch) => batch.imageUrls),
    timestamps: batches.flatMap((batch) => batch.timestamps),
    eventIds: batches.flatMap((batch) => batch.eventIds),
    statistics: joinedMaps(
      batches.map((batch) => batch.statistics),
      concatenated,
    ),
    extraTaps: joinedMaps(
      batches.map((batch) => batch.extraTaps),
      concatenated,
    ),
    carried: joinedMaps(
      batches.map((batch) => batch.carried),
      (values) => values.flat(),
    ),
  };
}

function concatenated(arrays: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

/** For `assert.equal`: it finds typed arrays with a NaN (a gray image's hue) different, plain arrays not. */
export function comparable(events: Events) {
  const statistics = [...(events.statistics ?? [])].map(([name, values]) => [name, [...values]] as const);
  return { ...events, statistics: new Map(statistics) };
}
