/** A model of a sample: types, ranges, clusters. The official client sends all as text, so the texts tell the types. */
import { DriftError, kMeans, matrixOfRows } from 'image-drift/drift';
import { badRequest } from '../http/envelope.js';
import type { Column, CustomFeature, Spec } from './model-body.js';
import { isMissing, millisecondsOf, numberOf, textOf, vectorOf } from './values.js';

/** Equal-width bins of a number, between the least and the greatest value of the sample. */
const NUMBER_BINS = 10;

interface InferOptions {
  spec: Spec | null;
  /** Different texts a category may have at most. */
  maxCardinality: number;
  /** For k-means. */
  seed: number;
}

interface InferredModel {
  schema: { schema_version: number; columns: Column[] };
  spec: Spec;
}

/** @param columns values by name, all of one length @throws ApiFailure 400 where features cannot be clustered */
export function inferModel(columns: ReadonlyMap<string, readonly unknown[]>, options: InferOptions): InferredModel {
  const { maxCardinality } = options;
  const spec = options.spec ?? emptySpec([...columns.keys()]);
  const classes = new Set([...spec.targets, ...spec.decisions]);
  const schema = [...columns].map(([name, values]) => inferColumn(name, values, maxCardinality, classes.has(name)));
  const custom_features = spec.custom_features.map((feature) => withCentroids(feature, columns, options.seed));
  return { schema: { schema_version: 1, columns: schema }, spec: { ...spec, custom_features } };
}

function emptySpec(inputs: string[]): Spec {
  return { schema_version: 1, inputs, outputs: [], targets: [], decisions: [], metadata: [], custom_features: [] };
}

/** Key order as recorded. */
function column(name: string, data_type: Column['data_type'], known: Partial<Column> = {}): Column {
  const empty = { min: null, max: null, categories: null, bins: null, replace_with_nulls: null, n_dimensions: null };
  return { ...empty, ...known, id: name.toLowerCase(), name, data_type };
}

function inferColumn(name: string, all: readonly unknown[], maxCardinality: number, isClass: boolean): Column {
  const values = all.filter((value) => !isMissing(value) && value !== 'None');
  if (values.length === 0) return column(name, 'str');
  if (values.every(isBoolean)) return column(name, 'bool', { categories: [false, true] });
  const numbers = values.map(numberOf);
  if (numbers.every((number) => number !== null)) return inferNumber(name, values, numbers);
  const vectors = values.map(vectorOf);
  if (vectors.every((vector) => vector !== null && vector.length > 0)) {
    return column(name, 'vector', { n_dimensions: vectors[0]!.length });
  }
  if (values.every((value) => value instanceof Date || (typeof value === 'string' && millisecondsOf(value) !== null))) {
    return column(name, 'timestamp');
  }
  const categories = [...new Set(values.map((value) => textOf(value) as string))].sort();
  // Texts of which hardly one repeats are names or addresses, however few they are.
  const isCategory = categories.length <= maxCardinality && (isClass || categories.length * 2 <= values.length);
  return isCategory ? column(name, 'category', { categories }) : column(name, 'str');
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean' || value === 'True' || value === 'False' || value === 'true' || value === 'false';
}

function inferNumber(name: string, values: readonly unknown[], numbers: readonly number[]): Column {
  const min = numbers.reduce((a, b) => Math.min(a, b));
  const max = numbers.reduce((a, b) => Math.max(a, b));
  const bins = Array.from({ length: NUMBER_BINS + 1 }, (_, i) =>
    i === NUMBER_BINS ? max : min + (max - min) * (i / NUMBER_BINS),
  );
  const isWhole = values.every((value) => typeof value === 'bigint' || /^-?\d+$/.test(String(value)));
  return column(name, isWhole ? 'int' : 'float', { min, max, bins });
}

function withCentroids(
  feature: CustomFeature,
  columns: ReadonlyMap<string, readonly unknown[]>,
  seed: number,
): CustomFeature {
  const clusters = feature.n_clusters ?? 5;
  if (feature.type === 'ENRICHMENT' || clusters === 0 || (feature.centroids?.length ?? 0) > 0) return feature;
  const vectors = vectorsOf(feature, columns);
  const dimensions = vectors[0]?.length ?? 0;
  const usable = vectors.filter((vector) => vector.length === dimensions);
  if (dimensions === 0) throw badRequest(`Custom feature ${feature.name}: the sample has no vectors to cluster`);
  try {
    const { centroids } = kMeans(matrixOfRows(usable), { clusters, seed });
    const rows = Array.from({ length: clusters }, (_, i) =>
      Array.from(centroids.data.subarray(i * dimensions, (i + 1) * dimensions)),
    );
    return { ...feature, centroids: rows };
  } catch (error) {
    if (!(error instanceof DriftError)) throw error;
    throw badRequest(`Custom feature ${feature.name}: ${error.message}`);
  }
}

function vectorsOf(
  { name, type, column, columns: sources }: CustomFeature,
  columns: ReadonlyMap<string, readonly unknown[]>,
): ArrayLike<number>[] {
  const values = (source: string) => {
    const found = columns.get(source);
    if (found === undefined) throw badRequest(`Custom feature ${name}: the sample has no column ${source}`);
    return found;
  };
  if (type !== 'FROM_COLUMNS') return values(column ?? '').flatMap((value) => vectorOf(value) ?? []);
  const each = (sources ?? []).map(values);
  const rows = (each[0] ?? []).map((_, row) => each.map((of) => numberOf(of[row]) ?? Number.NaN));
  return rows.filter((row) => row.every(Number.isFinite));
}
