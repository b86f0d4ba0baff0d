/** A model's body as Fiddler's client sends it. Only what is used is checked; unknown fields are kept unchanged. */
import * as z from 'zod';

const DATA_TYPES = ['int', 'float', 'str', 'bool', 'category', 'timestamp', 'vector'] as const;
const TASKS = [
  'binary_classification',
  'multiclass_classification',
  'regression',
  'ranking',
  'llm',
  'not_set',
] as const;

/** Far above the length of real embeddings: the longest layer output of the usual networks has 100,352 values. */
const MAX_DIMENSIONS = 1_000_000;
/** The limit of `drift`'s k-means. */
const MAX_CLUSTERS = 256;

export const Column = z.looseObject({
  name: z
    .string()
    .min(1)
    .refine((name) => name !== '__proto__', 'is not a name of a column'),
  data_type: z.enum(DATA_TYPES),
  min: z.number().nullish(),
  max: z.number().nullish(),
  categories: z.array(z.union([z.string(), z.number(), z.boolean()])).nullish(),
  bins: z.array(z.number()).nullish(),
  n_dimensions: z.number().int().min(1).max(MAX_DIMENSIONS).nullish(),
});
export type Column = z.output<typeof Column>;

const Schema = z.looseObject({ columns: z.array(Column).min(1) });

export const CustomFeature = z.looseObject({
  name: z.string().min(1),
  type: z.enum(['FROM_COLUMNS', 'FROM_VECTOR', 'FROM_TEXT_EMBEDDING', 'FROM_IMAGE_EMBEDDING', 'ENRICHMENT']),
  n_clusters: z.number().int().min(0).max(MAX_CLUSTERS).nullish(),
  centroids: z.array(z.array(z.number())).max(MAX_CLUSTERS).nullish(),
  column: z.string().nullish(),
  columns: z.array(z.string()).nullish(),
});
export type CustomFeature = z.output<typeof CustomFeature>;

function orEmpty<T extends z.ZodType>(item: T) {
  return z
    .array(item)
    .nullish()
    .transform((value) => value ?? []);
}

const names = orEmpty(z.string());

export const Spec = z.looseObject({
  inputs: names,
  outputs: names,
  targets: names,
  decisions: names,
  metadata: names,
  custom_features: orEmpty(CustomFeature),
});
export type Spec = z.output<typeof Spec>;

const nullableText = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

export const ModelBody = z.object({
  schema: Schema,
  spec: Spec,
  input_type: z.enum(['structured', 'text', 'mixed']).default('structured'),
  task: z.enum(TASKS).default('not_set'),
  task_params: z.looseObject({ target_class_order: z.array(z.unknown()).nullish() }).nullish(),
  description: nullableText,
  event_id_col: nullableText,
  event_ts_col: nullableText,
  event_ts_format: nullableText,
  xai_params: z.unknown().optional(),
});
export type ModelBody = z.output<typeof ModelBody>;

export const ModelPatch = z.object({
  version: z.string().min(1).max(64).optional(),
  schema: Schema.optional(),
  spec: Spec.optional(),
  description: z.string().nullable().optional(),
  event_id_col: z.string().nullable().optional(),
  event_ts_col: z.string().nullable().optional(),
  event_ts_format: z.string().nullable().optional(),
  xai_params: z.unknown().optional(),
});

/** Fields that the patch leaves out stay unchanged. */
export function patched(model: ModelBody, { version: _, ...patch }: z.output<typeof ModelPatch>): ModelBody {
  return ModelBody.parse({ ...model, ...patch });
}

/** Messages about contradictions in a model; empty for a consistent model. */
export function contradictions({ schema, spec }: Pick<ModelBody, 'schema' | 'spec'>): string[] {
  const columns = new Map(schema.columns.map((column) => [column.name, column]));
  const wrong: string[] = [];
  if (columns.size < schema.columns.length) wrong.push('schema.columns: a name stands there twice');
  for (const part of ['inputs', 'outputs', 'targets', 'decisions', 'metadata'] as const) {
    for (const name of spec[part])
      if (!columns.has(name)) wrong.push(`spec.${part}: ${name} is not a column of the schema`);
  }
  for (const feature of spec.custom_features) {
    const { name, type, column, centroids } = feature;
    if (type === 'ENRICHMENT') continue;
    const sources = type === 'FROM_COLUMNS' ? (feature.columns ?? []) : [column ?? ''];
    const missing = sources.find((source) => !columns.has(source));
    if (missing !== undefined)
      wrong.push(`spec.custom_features ${name}: ${missing || 'its column'} is not a column of the schema`);
    if (type === 'FROM_COLUMNS' && sources.length < 2)
      wrong.push(`spec.custom_features ${name}: two columns are needed`);
    const dimensions = type === 'FROM_COLUMNS' ? sources.length : columns.get(column ?? '')?.n_dimensions;
    const odd = centroids?.find((centroid) => centroid.length !== (dimensions ?? centroid.length));
    if (odd) wrong.push(`spec.custom_features ${name}: a centroid of ${odd.length} values, ${dimensions} are needed`);
  }
  return wrong;
}
