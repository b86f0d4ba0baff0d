/**
 * Events as npz, for numpy: `embeddings` float32 [N, d]; every further tap under its own name, [N, …]; `scores`
 * float32 [N, c] and `classes`; `labels` int64, the index of the target among the classes, -1 where not known (`target`
 * as text where there are no classes); `image_url` and `event_id`, '' where not known; `timestamp` int64
 * milliseconds, -1 where not known; `image_stat_…` float32 [N], NaN where not known; carried columns, text, float64 or int64 [N]; `tap`, `weights_sha256` and `weights_note`, one text each, where known.
 */
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { carriedDescr, carriedNumbers, carriedText } from './carried-output.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  type EventSink,
  IMAGE_URL,
  STATISTIC_PREFIX,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { NpzOutput } from './npz-output.js';

export const SCORES = 'scores';
export const LABELS = 'labels';
export const CLASSES = 'classes';
export const TAP = 'tap';
export const WEIGHTS_SHA256 = 'weights_sha256';
export const PIXELS_SHA256 = 'pixels_sha256';
export const WEIGHTS_NOTE = 'weights_note';
const NO_LABEL = -1n;
const NO_TIME = -1n;

/** Members with a meaning of their own; any other float array of N rows is a further tap. */
export const RESERVED_MEMBERS: readonly string[] = [
  EMBEDDINGS,
  SCORES,
  LABELS,
  CLASSES,
  TARGET,
  IMAGE_URL,
  TIMESTAMP,
  EVENT_ID,
  TAP,
  WEIGHTS_SHA256,
  PIXELS_SHA256,
  WEIGHTS_NOTE,
];

export async function createNpzEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  checkTapNames(path, schema);
  const npz = await NpzOutput.create(path);
  try {
    await addMembers(npz, schema);
  } catch (error) {
    await npz.discard();
    throw error;
  }
  const labelOf = new Map(schema.classes.map((name, index) => [name, BigInt(index)]));
  let rows = 0;
  return {
    async write(batch) {
      await npz.appendNumbers(EMBEDDINGS, batch.embeddings, batch.rows);
      for (const name of schema.extraTaps.keys()) {
        await npz.appendNumbers(name, batch.extraTaps.get(name) as Float32Array, batch.rows);
      }
      if (schema.classes.length > 0) await npz.appendNumbers(SCORES, batch.scores as Float32Array, batch.rows);
      if (schema.hasTargets && schema.classes.length > 0) {
        await npz.appendNumbers(LABELS, labels(path, labelOf, batch, rows), batch.rows);
      } else if (schema.hasTargets) {
        await npz.appendTexts(TARGET, batch.targets);
      }
      if (schema.hasImageUrls) await npz.appendTexts(IMAGE_URL, batch.imageUrls);
      if (schema.hasTimestamps) {
        const times = BigInt64Array.from(batch.timestamps, (time) => (time === null ? NO_TIME : BigInt(time)));
        await npz.appendNumbers(TIMESTAMP, times, batch.rows);
      }
      if (schema.hasEventIds) await npz.appendTexts(EVENT_ID, batch.eventIds);
      for (const name of schema.statistics) {
        await npz.appendNumbers(statisticColumn(name), batch.statistics.get(name) as Float32Array, batch.rows);
      }
      for (const column of schema.carried ?? []) {
        const values = batch.carried?.get(column.name) ?? [];
        if (carriedDescr(column.type) === null) {
          await npz.appendTexts(
            column.name,
            values.map((value) => carriedText(column.type, value)),
          );
        } else await npz.appendNumbers(column.name, carriedNumbers(path, column, values), batch.rows);
      }
      rows += batch.rows;
    },
    finish: () => npz.finish(),
    commit: () => npz.commit(),
    discard: () => npz.discard(),
  };
}

async function addMembers(npz: NpzOutput, schema: EventTableSchema): Promise<void> {
  await npz.addNumbers(EMBEDDINGS, '<f4', [schema.dimensions]);
  for (const [name, shape] of schema.extraTaps) await npz.addNumbers(name, '<f4', shape);
  if (schema.classes.length > 0) {
    await npz.addNumbers(SCORES, '<f4', [schema.classes.length]);
    await addTextArray(npz, CLASSES, schema.classes);
  }
  if (schema.hasTargets && schema.classes.length > 0) await npz.addNumbers(LABELS, '<i8', []);
  else if (schema.hasTargets) await npz.addTexts(TARGET);
  if (schema.hasImageUrls) await npz.addTexts(IMAGE_URL);
  if (schema.hasTimestamps) await npz.addNumbers(TIMESTAMP, '<i8', []);
  if (schema.hasEventIds) await npz.addTexts(EVENT_ID);
  for (const name of schema.statistics) await npz.addNumbers(statisticColumn(name), '<f4', []);
  for (const { name, type } of schema.carried ?? []) {
    const descr = carriedDescr(type);
    if (descr === null) await npz.addTexts(name);
    else await npz.addNumbers(name, descr, []);
  }
  if (schema.tap !== null) await addTextArray(npz, TAP, [schema.tap]);
  if (schema.weightsSha256 !== null) await addTextArray(npz, WEIGHTS_SHA256, [schema.weightsSha256]);
  if (schema.pixelsSha256 !== undefined) await addTextArray(npz, PIXELS_SHA256, [schema.pixelsSha256]);
  if (schema.weightsNote !== undefined) await addTextArray(npz, WEIGHTS_NOTE, [schema.weightsNote]);
}

async function addTextArray(npz: NpzOutput, name: string, texts: readonly string[]): Promise<void> {
  await npz.addTexts(name);
  await npz.appendTexts(name, texts);
}

function checkTapNames(path: string, schema: EventTableSchema): void {
  for (const name of schema.extraTaps.keys()) {
    if (RESERVED_MEMBERS.includes(name) || name.startsWith(STATISTIC_PREFIX) || /[/\\\0]/.test(name) || name === '') {
      throw new DataError('EVENTS_TAP_NAME', `${path}: no array of an npz can be named "${name}" for a layer's output`);
    }
  }
}

function labels(
  path: string,
  labelOf: ReadonlyMap<string, bigint>,
  batch: EventBatch,
  firstRow: number,
): BigInt64Array {
  return BigInt64Array.from(batch.targets, (target, index) => {
    if (target === null) return NO_LABEL;
    const label = labelOf.get(target);
    if (label === undefined) {
      const row = (firstRow + index).toLocaleString('en');
      throw new DataError(
        'EVENTS_TARGET_NOT_A_CLASS',
        `${path} row ${row}: target "${target}" is none of the ${labelOf.size} classes`,
      );
    }
    return label;
  });
}
