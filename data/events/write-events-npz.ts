/**
 * Events as npz, for numpy: `embeddings` float32 [N, d]; every further tap under its own name, [N, …]; `scores`
 * float32 [N, c] and `classes`; `thresholds` float64 [c], where several classes may hold; `labels` int64, the index of
 * the target among the classes, -1 where not known (`target` as text where there are no classes); `image_url` and
 * `event_id`, '' where not known; `timestamp` int64 milliseconds, -1 where not known; `image_stat_…` float32 [N], NaN where not known; carried columns, text, float64
 * or int64 [N]; `tap`, `weights_sha256` and `weights_note`, one text each, where known.
 */
import type { CarriedColumn } from '../carried.js';
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
export const THRESHOLDS = 'thresholds';
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
  THRESHOLDS,
  TARGET,
  IMAGE_URL,
  TIMESTAMP,
  EVENT_ID,
  TAP,
  WEIGHTS_SHA256,
  PIXELS_SHA256,
  WEIGHTS_NOTE,
];

type Member = { name: string } & (
  | { descr: '<f4' | '<f8' | '<i8'; shape: readonly number[]; valuesOf(batch: EventBatch, firstRow: number): Numbers }
  | { textsOf(batch: EventBatch): readonly (string | null)[] }
  | { texts: readonly string[] }
  | { numbers: Float64Array }
);
type Numbers = Float32Array | Float64Array | BigInt64Array;

export async function createNpzEvents(path: string, schema: EventTableSchema): Promise<EventSink> {
  checkTapNames(path, schema);
  const members = membersOf(path, schema);
  const npz = await NpzOutput.create(path);
  try {
    for (const member of members) {
      if ('descr' in member) await npz.addNumbers(member.name, member.descr, member.shape);
      else if ('numbers' in member) await npz.addNumbers(member.name, '<f8', []);
      else await npz.addTexts(member.name);
      if ('numbers' in member) await npz.appendNumbers(member.name, member.numbers, member.numbers.length);
      if ('texts' in member) await npz.appendTexts(member.name, member.texts);
    }
  } catch (error) {
    await npz.discard();
    throw error;
  }
  let rows = 0;
  return {
    async write(batch) {
      for (const member of members) {
        if ('valuesOf' in member) await npz.appendNumbers(member.name, member.valuesOf(batch, rows), batch.rows);
        else if ('textsOf' in member) await npz.appendTexts(member.name, member.textsOf(batch));
      }
      rows += batch.rows;
    },
    finish: () => npz.finish(),
    commit: () => npz.commit(),
    discard: () => npz.discard(),
  };
}

function membersOf(path: string, schema: EventTableSchema): Member[] {
  const { dimensions, classes, thresholds, extraTaps, statistics, carried = [] } = schema;
  const members: Member[] = [
    { name: EMBEDDINGS, descr: '<f4', shape: [dimensions], valuesOf: (batch) => batch.embeddings },
  ];
  for (const [name, shape] of extraTaps) {
    members.push({ name, descr: '<f4', shape, valuesOf: (batch) => batch.extraTaps.get(name)! });
  }
  if (classes.length > 0) {
    members.push({ name: SCORES, descr: '<f4', shape: [classes.length], valuesOf: (batch) => batch.scores! });
    members.push({ name: CLASSES, texts: classes });
    if (thresholds !== undefined) members.push({ name: THRESHOLDS, numbers: Float64Array.from(thresholds) });
  }
  if (schema.hasTargets) {
    const labelOf = new Map(classes.map((name, index) => [name, BigInt(index)]));
    const valuesOf = (batch: EventBatch, firstRow: number) => labels(path, labelOf, batch, firstRow);
    if (classes.length > 0) members.push({ name: LABELS, descr: '<i8', shape: [], valuesOf });
    else members.push({ name: TARGET, textsOf: (batch) => batch.targets });
  }
  if (schema.hasImageUrls) members.push({ name: IMAGE_URL, textsOf: (batch) => batch.imageUrls });
  if (schema.hasTimestamps) members.push({ name: TIMESTAMP, descr: '<i8', shape: [], valuesOf: times });
  if (schema.hasEventIds) members.push({ name: EVENT_ID, textsOf: (batch) => batch.eventIds });
  for (const name of statistics) {
    const valuesOf = (batch: EventBatch) => batch.statistics.get(name)!;
    members.push({ name: statisticColumn(name), descr: '<f4', shape: [], valuesOf });
  }
  members.push(...carried.map((column) => carriedMember(path, column)));
  const { tap, weightsSha256, pixelsSha256, weightsNote } = schema;
  const notes = {
    [TAP]: tap,
    [WEIGHTS_SHA256]: weightsSha256,
    [PIXELS_SHA256]: pixelsSha256,
    [WEIGHTS_NOTE]: weightsNote,
  };
  for (const [name, text] of Object.entries(notes))
    if (text !== null && text !== undefined) members.push({ name, texts: [text] });
  return members;
}

function carriedMember(path: string, column: CarriedColumn): Member {
  const { name, type } = column;
  const descr = carriedDescr(type);
  const valuesOf = (batch: EventBatch) => batch.carried?.get(name) ?? [];
  if (descr === null) return { name, textsOf: (batch) => valuesOf(batch).map((value) => carriedText(type, value)) };
  return { name, descr, shape: [], valuesOf: (batch) => carriedNumbers(path, column, valuesOf(batch)) };
}

function times({ timestamps }: EventBatch): BigInt64Array {
  return BigInt64Array.from(timestamps, (time) => (time === null ? NO_TIME : BigInt(time)));
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
