/**
 * What can be known to be wrong before anything is sent: Fiddler takes most of it without a word, and shows it days
 * later as an empty chart. Not here: whether a table can be read at all, and NaN in embeddings or times in seconds,
 * which reading refuses itself.
 */
import { type EventBatch, type EventTableSchema, isProbability } from '../../../data/index.js';
import type { Model } from '../../client/index.js';
import type { Problems } from '../problems.js';
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
  /** Carried columns that are sent; default none. */
  metadata?: readonly MetadataColumn[];
}

/** The table as a whole against the model. */
export function checkTable(path: string, schema: EventTableSchema, model: Model, problems: Problems): void {
  // A table of labels has neither.
  if (schema.dimensions > 0) {
    checkDimensions(path, schema, model, problems);
    checkClasses(path, schema, model, problems);
  }
  checkLeftOut(path, schema, model, problems);
  if (!schema.hasTargets && model.spec.targets.length > 0) {
    problems.add('warning', 'PUBLISH_NO_TARGETS', () => `${path}: no labels; the model has ${model.spec.targets[0]}`);
  }
}

/** Fiddler would drop them in silence, and so they are not even sent. */
function checkLeftOut(path: string, schema: EventTableSchema, model: Model, problems: Problems): void {
  const { leftOut } = metadataColumns(model, schema);
  if (leftOut.length === 0) return;
  problems.add(
    'warning',
    'PUBLISH_LEFT_OUT',
    () =>
      `${path}: ${listed(leftOut)} left out, model ${model.name} has no such ${leftOut.length === 1 ? 'column' : 'columns'}`,
    'onboard --metadata makes a version of the model that has them.',
  );
}

function checkDimensions(path: string, schema: EventTableSchema, model: Model, problems: Problems): void {
  const name = vectorColumn(model);
  const expected = model.schema.columns.find((column) => column.name === name)?.n_dimensions ?? null;
  if (expected === null || expected === schema.dimensions) return;
  problems.add(
    'error',
    'PUBLISH_DIMENSIONS',
    () => `${path}: embeddings of ${schema.dimensions} values, model ${model.name} has ${expected} in ${name}`,
    'Are these events of another model, or of another layer (embed --tap)?',
  );
}

function checkClasses(path: string, schema: EventTableSchema, model: Model, problems: Problems): void {
  const order = classOrder(model);
  const columns = order ?? model.spec.outputs;
  const missing = columns.filter((name) => !schema.classes.includes(name));
  // With two classes only one is an output; the score of the other goes along as metadata.
  const known = new Set(model.schema.columns.map(({ name }) => name));
  const unknown = schema.classes.filter((name) => !known.has(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const parts = [
    missing.length > 0 ? `no scores for ${listed(missing)}` : null,
    unknown.length > 0 ? `scores for ${listed(unknown)}, which the model does not know` : null,
  ].filter((part) => part !== null);
  problems.add(
    'error',
    'PUBLISH_CLASSES',
    () => `${path}: ${parts.join(' and ')}; model ${model.name} has ${listed(columns)}`,
    'Are these events of another model?',
  );
}

/** The model's classes in its order; null where its task has none. */
export function classOrder(model: Model): readonly string[] | null {
  const order = model.task_params?.target_class_order;
  return Array.isArray(order) && order.length > 0 ? order.map(String) : null;
}

/** Checks the rows of a batch. Its first row is row `firstRow` of the file. */
export function checkRows(
  path: string,
  firstRow: number,
  schema: EventTableSchema,
  batch: EventBatch,
  checks: RowChecks,
  problems: Problems,
): void {
  checkScores(path, firstRow, schema, batch, problems);
  checkMetadata(path, firstRow, schema, batch, checks, problems);
  for (let row = 0; row < batch.rows; row++) {
    const target = batch.targets[row] ?? null;
    if (target !== null && checks.classes !== null && !checks.classes.has(target)) {
      problems.add(
        'error',
        'PUBLISH_TARGET_UNKNOWN',
        () =>
          `${place(path, firstRow + row)}: label "${target.slice(0, 80)}" is none of ${listed([...(checks.classes ?? [])])}`,
      );
    }
    if (checks.timestamps) checkTimestamp(path, firstRow + row, batch.timestamps[row] ?? null, checks, problems);
  }
}

function checkMetadata(
  path: string,
  firstRow: number,
  schema: EventTableSchema,
  { carried }: EventBatch,
  { metadata = [] }: RowChecks,
  problems: Problems,
): void {
  const times = timeColumns(schema);
  for (const { name, type } of metadata) {
    const values = carried?.get(name) ?? [];
    for (const [row, value] of values.entries()) {
      if (metadataValue(type, value, times.has(name)) !== MISFIT) continue;
      const says = () =>
        `${place(path, firstRow + row)}: ${name} is ${String(value).slice(0, 80)}, the model has it as ${type}`;
      problems.add('error', 'PUBLISH_METADATA_TYPE', says);
    }
  }
}

function checkScores(
  path: string,
  firstRow: number,
  { classes }: EventTableSchema,
  { scores }: EventBatch,
  problems: Problems,
): void {
  if (scores === null) return;
  for (const [index, value] of scores.entries()) {
    if (isProbability(value)) continue;
    const row = firstRow + Math.floor(index / classes.length);
    const name = classes[index % classes.length];
    if (Number.isNaN(value)) {
      problems.add('error', 'PUBLISH_SCORE_MISSING', () => `${place(path, row)}: no score for ${name}`);
    } else {
      const says = () =>
        `${place(path, row)}: the score of ${name} is ${Number(value.toPrecision(6))}; probabilities lie from 0 to 1`;
      problems.add('warning', 'PUBLISH_SCORE_RANGE', says, 'Are these logits? Fiddler expects the softmax.');
    }
  }
}

/** A time of an event, or of a whole day of them. */
export function checkTime(where: () => string, time: number, checks: RowChecks, problems: Problems): void {
  if (time > checks.now + FUTURE_TOLERANCE_MS) {
    const says = () => `${where()}: timestamp ${iso(time)} is in the future, it is ${iso(checks.now)} now`;
    problems.add('error', 'PUBLISH_TIMESTAMP_FUTURE', says, 'Is the clock of this machine right?');
  } else if (time < checks.now - checks.retentionDays * DAY_MS) {
    problems.add(
      'warning',
      'PUBLISH_TIMESTAMP_OLD',
      () => `${where()}: timestamp ${iso(time)} is older than the ${checks.retentionDays} days that Fiddler keeps`,
      'Such events may be dropped on arrival; --retention-days tells how long your tenant keeps them.',
    );
  }
}

function checkTimestamp(path: string, row: number, time: number | null, checks: RowChecks, problems: Problems): void {
  if (time === null) {
    problems.add(
      'error',
      'PUBLISH_TIMESTAMP_MISSING',
      () => `${place(path, row)}: no timestamp`,
      'Fiddler would file the event under the time of its arrival. Give times (embed --timestamp), or --timestamps spread.',
    );
  } else {
    checkTime(() => place(path, row), time, checks, problems);
  }
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
