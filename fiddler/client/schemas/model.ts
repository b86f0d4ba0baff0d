/** Models: schema, spec (each column's role), other fields. Enumerations stay open for types of newer servers. */
import * as z from 'zod';
import { date, named, orEmpty, orNull } from './common.js';

export type DataType = 'int' | 'float' | 'str' | 'bool' | 'category' | 'timestamp' | 'vector';
export type InputType = 'structured' | 'text' | 'mixed';
export type ModelTask =
  | 'binary_classification'
  | 'multiclass_classification'
  | 'regression'
  | 'ranking'
  | 'llm'
  | 'not_set';

/** Members are in the order of the official client, which sends all eight, including nulls. */
const column = z.looseObject({
  name: z.string(),
  /** A `DataType`, or a type of a newer server. */
  data_type: z.string(),
  min: orNull(z.number()),
  max: orNull(z.number()),
  categories: orNull(z.array(z.union([z.string(), z.number(), z.boolean()]))),
  /** Edges of the bins: one more than the number of bins. */
  bins: orNull(z.array(z.number())),
  replace_with_nulls: orNull(z.array(z.unknown())),
  n_dimensions: orNull(z.number()),
});
export type Column = z.output<typeof column>;

export const modelSchema = z.looseObject({
  schema_version: z.number().default(1),
  columns: z.array(column),
});
export type ModelSchema = z.output<typeof modelSchema>;

const customFeature = z.looseObject({
  name: z.string(),
  /** `FROM_COLUMNS`, `FROM_VECTOR`, `FROM_TEXT_EMBEDDING`, `FROM_IMAGE_EMBEDDING`, `ENRICHMENT`, … */
  type: z.string(),
  n_clusters: z.number().nullish(),
  /** Read centroids with `centroidsOf`, which looks in both places where servers put them. */
  centroids: z.unknown().optional(),
  column: z.string().nullish(),
  source_column: z.string().nullish(),
});
export type CustomFeature = z.output<typeof customFeature>;

const modelSpec = z.looseObject({
  schema_version: z.number().default(1),
  inputs: orEmpty(z.string()),
  outputs: orEmpty(z.string()),
  targets: orEmpty(z.string()),
  decisions: orEmpty(z.string()),
  metadata: orEmpty(z.string()),
  custom_features: orEmpty(customFeature),
});
export type ModelSpec = z.output<typeof modelSpec>;

export const inferred = z.looseObject({ schema: modelSchema, spec: modelSpec });
export type InferredModel = z.output<typeof inferred>;

const taskParams = z.looseObject({
  binary_classification_threshold: orNull(z.number()),
  target_class_order: orNull(z.array(z.union([z.string(), z.number(), z.boolean()]))),
  group_by: orNull(z.string()),
  top_k: orNull(z.number()),
  class_weights: orNull(z.array(z.number())),
  weighted_ref_histograms: orNull(z.boolean()),
});
export type TaskParams = z.output<typeof taskParams>;

export const model = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  project: named.nullish(),
  schema: modelSchema,
  spec: modelSpec,
  input_type: z.string(),
  task: z.string(),
  task_params: orNull(taskParams),
  description: orNull(z.string()),
  event_id_col: orNull(z.string()),
  event_ts_col: orNull(z.string()),
  event_ts_format: orNull(z.string()),
  xai_params: orNull(z.looseObject({})),
  created_at: date,
  updated_at: date,
});
export type Model = z.output<typeof model>;

export const modelSummary = z.looseObject({
  id: z.string(),
  name: z.string(),
  version: z.string().nullish(),
  project: named.nullish(),
});
export type ModelSummary = z.output<typeof modelSummary>;

/** A model to create. As in the official client, omitted members are sent as null, except `version`. */
export interface NewModel {
  name: string;
  project_id: string;
  schema: ModelSchema;
  spec: ModelSpec;
  input_type?: InputType;
  task: ModelTask;
  task_params?: Partial<TaskParams>;
  description?: string | null;
  event_id_col?: string | null;
  event_ts_col?: string | null;
  event_ts_format?: string | null;
  /** Default: the server uses `v1`. */
  version?: string;
}

/** The fields of a model that can change later. Schema and spec are sent whole. */
export interface ModelPatch {
  version?: string;
  xai_params?: Record<string, unknown> | null;
  description?: string | null;
  event_id_col?: string | null;
  event_ts_col?: string | null;
  event_ts_format?: string | null;
  schema?: { columns: Column[] };
  spec?: ModelSpec;
}
