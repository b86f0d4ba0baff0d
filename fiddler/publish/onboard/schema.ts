/**
 * Types and ranges of a model's columns, found in the events as Fiddler's model-factory finds them in a sample.
 * `--local` sends them, and the factory's answer is checked against them. The roles of the columns are in `spec.ts`.
 */
import {
  type CarriedColumn,
  type CarriedValue,
  EMBEDDINGS,
  type EventBatch,
  float32Text,
  TARGET,
} from '../../../data/index.js';
import type { Column, ModelSchema } from '../../client/index.js';
import { PublishError } from '../publish-error.js';
import { METADATA_TYPES } from './metadata.js';
import { modelColumnNames, type TableColumns } from './spec.js';

/** Equal-width bins between the least and the greatest value. */
const NUMERIC_BINS = 10;
/** A target with more values is not a category. This is the model-factory's default. */
export const MAX_CARDINALITY = 1_000;

/** Collects ranges and categories, batch by batch. */
export class SchemaCollector {
  readonly #least: number[];
  readonly #greatest: number[];
  readonly #targets = new Set<string>();
  /** Least and greatest of the metadata that are numbers, by name. */
  readonly #ranges = new Map<string, { least: number; greatest: number }>();

  readonly #table: TableColumns;

  constructor(table: TableColumns) {
    this.#table = table;

    this.#least = table.classes.map(() => Number.POSITIVE_INFINITY);
    this.#greatest = table.classes.map(() => Number.NEGATIVE_INFINITY);
    for (const name of table.classes) this.#targets.add(name);
  }

  add({ scores, targets, carried }: Pick<EventBatch, 'scores' | 'targets' | 'carried'>): void {
    for (const { name } of this.#table.metadata ?? []) this.#addRange(name, carried?.get(name) ?? []);
    const width = this.#table.classes.length;
    // A comparison with NaN, a score that is not there, is false on both sides.
    for (const [i, score] of scores?.entries() ?? []) {
      const column = i % width;
      if (score < this.#least[column]!) this.#least[column] = score;
      if (score > this.#greatest[column]!) this.#greatest[column] = score;
    }
    for (const target of targets) {
      if (target !== null && this.#targets.size <= MAX_CARDINALITY) this.#targets.add(target);
    }
  }

  #addRange(name: string, values: readonly CarriedValue[]): void {
    const range = this.#ranges.get(name) ?? { least: Number.POSITIVE_INFINITY, greatest: Number.NEGATIVE_INFINITY };
    for (const value of values) {
      if (typeof value !== 'number' && typeof value !== 'bigint') continue;
      range.least = Math.min(range.least, Number(value));
      range.greatest = Math.max(range.greatest, Number(value));
    }
    this.#ranges.set(name, range);
  }

  schema(): ModelSchema {
    const columns = modelColumnNames(this.#table).map((name) => this.#column(name));
    return { schema_version: 1, columns };
  }

  #column(name: string): Column {
    if (name === EMBEDDINGS) return columnOf(name, 'vector', { n_dimensions: this.#table.dimensions });
    const score = this.#table.classes.indexOf(name);
    if (score >= 0) return columnOf(name, 'float', rangeOf(this.#least[score]!, this.#greatest[score]!));
    if (name === TARGET && this.#targets.size <= MAX_CARDINALITY) {
      return columnOf(name, 'category', { categories: [...this.#targets].sort() });
    }
    const metadata = this.#table.metadata?.find((column) => column.name === name);
    return metadata === undefined ? columnOf(name, 'str') : this.#metadataColumn(metadata);
  }

  #metadataColumn({ name, type }: CarriedColumn): Column {
    const { least, greatest } = this.#ranges.get(name) ?? { least: 1, greatest: 0 };
    const hasRange = (type === 'integer' || type === 'float') && least <= greatest;
    const range = hasRange ? { min: least, max: greatest, bins: binEdges(least, greatest) } : {};
    return columnOf(name, METADATA_TYPES[type][0] ?? 'str', range);
  }
}

/** All eight members in the order of the wire, those not given null. */
function columnOf(name: string, type: Column['data_type'], known: Partial<Column> = {}): Column {
  const empty = { min: null, max: null, categories: null, bins: null, replace_with_nulls: null, n_dimensions: null };
  return { name, data_type: type, ...empty, ...known };
}

/** A float32 by its shortest text, which is how a sample carries it. */
function rangeOf(least: number, greatest: number): Partial<Column> {
  if (least > greatest) return {};
  const [min, max] = [Number(float32Text(least)), Number(float32Text(greatest))];
  return { min, max, bins: binEdges(min, max) };
}

/** 11 edges of 10 bins, the last exactly the maximum, as numpy's `linspace`. */
export function binEdges(min: number, max: number): number[] {
  const step = (max - min) / NUMERIC_BINS;
  const edges = Array.from({ length: NUMERIC_BINS }, (_, i) => min + i * step);
  return [...edges, max];
}

/**
 * The factory's answer made ready to be sent back. Members that are not known here stay, but for a column's `id`, which
 * Fiddler's own client leaves out; columns in its order. What a sample's texts cannot show is put right: that ids and
 * addresses are text, scores floats, and that every class is a category of the target, even where they look otherwise.
 * @throws PublishError `SCHEMA_NOT_USABLE` when a column is missing, or the embeddings are not vectors of that length
 */
export function completedSchema(inferred: ModelSchema, table: TableColumns): ModelSchema {
  const byName = new Map(inferred.columns.map((column) => [column.name, column]));
  const names = modelColumnNames(table);
  const missing = names.filter((name) => !byName.has(name));
  if (missing.length > 0) {
    throw unusable(`it knows no ${missing.map((name) => `"${name}"`).join(', ')} of ${names.length} columns`);
  }
  const { data_type: type, n_dimensions: length } = byName.get(EMBEDDINGS)!;
  if (type !== 'vector' || length !== table.dimensions) {
    const found = type === 'vector' ? `a vector of ${length} values` : `of type ${type}`;
    throw unusable(`it takes "${EMBEDDINGS}" as ${found}, they are vectors of ${table.dimensions} values`);
  }
  return { ...inferred, columns: inferred.columns.map((column) => completedColumn(column, table)) };
}

function completedColumn(inferred: Column, { classes, metadata = [] }: TableColumns): Column {
  const { name, data_type, min, max, categories, bins, replace_with_nulls, n_dimensions, id: _, ...others } = inferred;
  const column = columnOf(name, data_type, { min, max, categories, bins, replace_with_nulls, n_dimensions, ...others });
  if (name === EMBEDDINGS) return column;
  if (classes.includes(name)) return { ...column, data_type: 'float' };
  if (name === TARGET && (classes.length > 0 || data_type === 'category')) return withClasses(column, classes);
  const types = METADATA_TYPES[metadata.find((one) => one.name === name)?.type ?? 'other'];
  if (types.some((type) => type === data_type)) return column;
  return { ...column, data_type: types[0] ?? 'str', min: null, max: null, categories: null, bins: null };
}

/** Classes named by digits look like numbers; a class without a row in the sample is a class all the same. */
function withClasses(column: Column, classes: readonly string[]): Column {
  const known = column.data_type === 'category' ? (column.categories ?? []).map(String) : [];
  if (column.data_type === 'category' && classes.every((name) => known.includes(name))) return column;
  const categories = [...new Set([...known, ...classes])].sort();
  return { ...column, data_type: 'category', categories, min: null, max: null, bins: null };
}

function unusable(what: string): PublishError {
  return new PublishError('SCHEMA_NOT_USABLE', `the schema that the server inferred from the sample: ${what}`, {
    hint: 'Make the schema here instead: --local.',
  });
}
