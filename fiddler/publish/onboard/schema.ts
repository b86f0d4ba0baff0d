/**
 * Types and ranges of a model's columns, found as Fiddler's model-factory finds them. `--local` sends them; the
 * factory's answer is checked against them.
 */
import { EMBEDDINGS, type EventBatch, float32Text, TARGET } from '../../../data/index.js';
import type { Column, ModelSchema } from '../../client/index.js';
import { PublishError } from '../publish-error.js';
import { METADATA_TYPES, modelColumnNames, type TableColumns } from './spec.js';

/** Equal-width bins between the least and the greatest value. */
const NUMERIC_BINS = 10;
/** A target with more values is not a category. This is the model-factory's default. */
export const MAX_CARDINALITY = 1_000;

export class SchemaCollector {
  readonly #targets: Set<string>;
  /** Scores and metadata, by name. */
  readonly #ranges = new Map<string, Range>();
  readonly #table: TableColumns;

  constructor(table: TableColumns) {
    this.#table = table;
    this.#targets = new Set(table.classes);
  }

  add({ scores, targets, carried }: Pick<EventBatch, 'scores' | 'targets' | 'carried'>): void {
    const { classes, metadata = [] } = this.#table;
    for (const { name } of metadata) {
      const range = this.#rangeOf(name);
      for (const value of carried?.get(name) ?? []) {
        if (typeof value === 'number' || typeof value === 'bigint') widen(range, Number(value));
      }
    }
    const ranges = classes.map((name) => this.#rangeOf(name));
    for (const [i, score] of scores?.entries() ?? []) widen(ranges[i % classes.length] as Range, score);
    for (const target of targets) {
      if (target !== null && this.#targets.size <= MAX_CARDINALITY) this.#targets.add(target);
    }
  }

  schema(): ModelSchema {
    const columns = modelColumnNames(this.#table).map((name) => this.#column(name));
    return { schema_version: 1, columns };
  }

  #rangeOf(name: string): Range {
    const range = this.#ranges.get(name) ?? { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
    this.#ranges.set(name, range);
    return range;
  }

  #column(name: string): Column {
    const { dimensions, classes, metadata = [] } = this.#table;
    if (name === EMBEDDINGS) return columnOf(name, 'vector', { n_dimensions: dimensions });
    const { min, max } = this.#rangeOf(name);
    // A float32 by its shortest text, which is how a sample carries it.
    if (classes.includes(name))
      return columnOf(name, 'float', known(Number(float32Text(min)), Number(float32Text(max))));
    if (name === TARGET && this.#targets.size <= MAX_CARDINALITY) {
      return columnOf(name, 'category', { categories: [...this.#targets].sort() });
    }
    const type = metadata.find((column) => column.name === name)?.type;
    if (type === undefined) return columnOf(name, 'str');
    const hasRange = type === 'integer' || type === 'float';
    return columnOf(name, METADATA_TYPES[type][0] ?? 'str', hasRange ? known(min, max) : {});
  }
}

interface Range {
  min: number;
  max: number;
}

/** A comparison with NaN, a score that is not there, is false on both sides. */
function widen(range: Range, value: number): void {
  if (value < range.min) range.min = value;
  if (value > range.max) range.max = value;
}

/** Nothing where there was no value. */
function known(min: number, max: number): Partial<Column> {
  return min <= max ? { min, max, bins: binEdges(min, max) } : {};
}

/** All eight members in the order of the wire, those not given null. */
function columnOf(name: string, type: Column['data_type'], known: Partial<Column> = {}): Column {
  const empty = { min: null, max: null, categories: null, bins: null, replace_with_nulls: null, n_dimensions: null };
  return { name, data_type: type, ...empty, ...known };
}

/** 11 edges of 10 bins, the last exactly the maximum, as numpy's `linspace`. */
export function binEdges(min: number, max: number): number[] {
  const step = (max - min) / NUMERIC_BINS;
  const edges = Array.from({ length: NUMERIC_BINS }, (_, i) => min + i * step);
  return [...edges, max];
}

/**
 * The factory's answer made ready to be sent back, columns in its order; unknown members stay, but not a column's `id`,
 * which Fiddler's own client leaves out. What a sample's texts cannot show is put right: ids and addresses are text,
 * scores floats, and every class is a category of the target.
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
