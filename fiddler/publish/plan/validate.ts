/**
 * What can be known to be wrong before anything is sent: Fiddler takes most of it without a word, and shows it days
 * later as an empty chart. Reading itself refuses unreadable tables, NaN in embeddings and times in seconds.
 */
import { type EventBatch, type EventTableSchema, isProbability } from '../../../data/index.js';
import type { Model } from '../../client/index.js';
import type { Problems } from '../progress.js';
import { type MetadataColumn, MISFIT, metadataColumns, metadataValue, timeColumns, vectorColumn } from './columns.js';
import { DAY_MS } from './timestamps.js';

/** A clock may be a little off. */
const FUTURE_TOLERANCE_MS = 5 * 60_000;

export interface RowChecks {
  /** Names that a target may have; null: any. */
  classes: ReadonlySet<string> | null;
  /** Whether every row needs a time of its own. */
  timestamps: boolean;
  now: number;
  retentionDays: number;
}

export interface CheckedTable extends RowChecks {
  path: string;
  schema: EventTableSchema;
  problems: Problems;
  metadata: readonly MetadataColumn[];
}

/** The table as a whole against the model. */
export function checkTable(table: CheckedTable, model: Model): void {
  const { path, schema, problems } = table;
  // A table of labels has neither.
  if (schema.dimensions > 0) {
    checkDimensions(table, model);
    checkClasses(table, model);
  }
  checkLeftOut(table, model);
  if (!schema.hasTargets && model.spec.targets.length > 0) {
    problems.add('warning', 'PUBLISH_NO_TARGETS', () => `${path}: no labels; the model has ${model.spec.targets[0]}`);
  }
}

/** Fiddler would drop them in silence, and so they are not even sent. */
function checkLeftOut({ path, schema, problems }: CheckedTable, model: Model): void {
  const { leftOut } = metadataColumns(model, schema);
  if (leftOut.length === 0) return;
  const columns = leftOut.length === 1 ? 'column' : 'columns';
  const says = () => `${path}: ${listed(leftOut)} left out, model ${model.name} has no such ${columns}`;
  problems.add('warning', 'PUBLISH_LEFT_OUT', says, 'onboard --metadata makes a version of the model that has them.');
}

function checkDimensions({ path, schema, problems }: CheckedTable, model: Model): void {
  const name = vectorColumn(model);
  const expected = model.schema.columns.find((column) => column.name === name)?.n_dimensions ?? null;
  if (expected === null || expected === schema.dimensions) return;
  const says = () =>
    `${path}: embeddings of ${schema.dimensions} values, model ${model.name} has ${expected} in ${name}`;
  const hint = 'Are these events of another model, or of another layer (embed --tap)?';
  problems.add('error', 'PUBLISH_DIMENSIONS', says, hint);
}

function checkClasses({ path, schema, problems }: CheckedTable, model: Model): void {
  const columns = classOrder(model) ?? model.spec.outputs;
  const scored = new Set(schema.classes);
  const missing = columns.filter((name) => !scored.has(name));
  // With two classes only one is an output; the score of the other goes along as metadata.
  const known = new Set(model.schema.columns.map(({ name }) => name));
  const unknown = schema.classes.filter((name) => !known.has(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const parts = [
    missing.length > 0 ? `no scores for ${listed(missing)}` : null,
    unknown.length > 0 ? `scores for ${listed(unknown)}, which the model does not know` : null,
  ].filter((part) => part !== null);
  const says = () => `${path}: ${parts.join(' and ')}; model ${model.name} has ${listed(columns)}`;
  problems.add('error', 'PUBLISH_CLASSES', says, 'Are these events of another model?');
}

/** The model's classes in its order; null where its task has none. */
export function classOrder(model: Model): readonly string[] | null {
  const order = model.task_params?.target_class_order;
  return Array.isArray(order) && order.length > 0 ? order.map(String) : null;
}

/** Checks the rows of a batch. Its first row is row `firstRow` of the file. */
export function checkRows(table: CheckedTable, firstRow: number, batch: EventBatch): void {
  const { classes, problems } = table;
  const at = (row: number) => place(table.path, firstRow + row);
  checkScores(table, batch, at);
  checkMetadata(table, batch, at);
  for (let row = 0; row < batch.rows; row++) {
    const target = batch.targets[row] ?? null;
    if (target !== null && classes !== null && !classes.has(target)) {
      const says = () => `${at(row)}: label "${target.slice(0, 80)}" is none of ${listed([...classes])}`;
      problems.add('error', 'PUBLISH_TARGET_UNKNOWN', says);
    }
    if (table.timestamps) checkTimestamp(table, () => at(row), batch.timestamps[row] ?? null);
  }
}

function checkMetadata({ schema, metadata, problems }: CheckedTable, { carried }: EventBatch, at: RowPlace): void {
  const times = timeColumns(schema);
  for (const { name, type } of metadata) {
    for (const [row, value] of (carried?.get(name) ?? []).entries()) {
      if (metadataValue(type, value, times.has(name)) !== MISFIT) continue;
      const says = () => `${at(row)}: ${name} is ${String(value).slice(0, 80)}, the model has it as ${type}`;
      problems.add('error', 'PUBLISH_METADATA_TYPE', says);
    }
  }
}

function checkScores({ schema: { classes }, problems }: CheckedTable, { scores }: EventBatch, at: RowPlace): void {
  for (const [index, value] of scores?.entries() ?? []) {
    if (isProbability(value)) continue;
    const row = Math.floor(index / classes.length);
    const name = classes[index % classes.length];
    if (Number.isNaN(value)) {
      problems.add('error', 'PUBLISH_SCORE_MISSING', () => `${at(row)}: no score for ${name}`);
    } else {
      const says = () =>
        `${at(row)}: the score of ${name} is ${Number(value.toPrecision(6))}; probabilities lie from 0 to 1`;
      problems.add('warning', 'PUBLISH_SCORE_RANGE', says, 'Are these logits? Fiddler expects the softmax.');
    }
  }
}

type RowPlace = (row: number) => string;

/** A time of an event, or of a whole day of them. */
export function checkTime(
  where: () => string,
  time: number,
  { now, retentionDays }: RowChecks,
  problems: Problems,
): void {
  if (time > now + FUTURE_TOLERANCE_MS) {
    const says = () => `${where()}: timestamp ${iso(time)} is in the future, it is ${iso(now)} now`;
    problems.add('error', 'PUBLISH_TIMESTAMP_FUTURE', says, 'Is the clock of this machine right?');
  } else if (time < now - retentionDays * DAY_MS) {
    const says = () => `${where()}: timestamp ${iso(time)} is older than the ${retentionDays} days that Fiddler keeps`;
    const hint = 'Such events may be dropped on arrival; --retention-days tells how long your tenant keeps them.';
    problems.add('warning', 'PUBLISH_TIMESTAMP_OLD', says, hint);
  }
}

function checkTimestamp(table: CheckedTable, where: () => string, time: number | null): void {
  const hint =
    'Fiddler would file the event under the time of its arrival. Give times (embed --timestamp), or --timestamps spread.';
  if (time !== null) checkTime(where, time, table, table.problems);
  else table.problems.add('error', 'PUBLISH_TIMESTAMP_MISSING', () => `${where()}: no timestamp`, hint);
}

export function place(path: string, row: number): string {
  return `${path} row ${row.toLocaleString('en')}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => name.slice(0, 60));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
