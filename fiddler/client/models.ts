import { ask, jsonBody } from './answer.js';
import { apiPath, type Sender } from './request.js';
import { filterOf, firstOf, inOrder, listAll, Resource } from './resource.js';
import { type JobRef, withJob } from './schemas/common.js';
import {
  type Column,
  type InferredModel,
  inferred,
  type Model,
  type ModelPatch,
  type ModelSpec,
  type ModelSummary,
  model,
  modelSummary,
  type NewModel,
  type TaskParams,
} from './schemas/model.js';

/** Inference clusters thousands of vectors before it answers. */
const INFERENCE_SECONDS = 600;

export interface InferOptions {
  fileId: string;
  /** Without it no centroids are computed, and so no drift of vectors later. */
  spec?: ModelSpec;
  /** Most distinct values of a category column; the server's default is 1,000. */
  maxCardinality?: number;
  /** Rows looked at: 10,000 (the server's default) to 100,000. */
  sampleSize?: number;
}

export class Models extends Resource<typeof model> {
  constructor(sender: Sender) {
    super(sender, 'models', model);
  }

  /** Schema and spec from an uploaded sample; the spec comes back with the centroids of its embeddings. */
  infer({ fileId, spec, maxCardinality, sampleSize }: InferOptions): Promise<InferredModel> {
    const body = jsonBody({ file_id: fileId, max_cardinality: maxCardinality, sample_size: sampleSize, spec });
    const path = apiPath('model-factory');
    const request = { method: 'POST', path, body, repeatable: true, answerSeconds: INFERENCE_SECONDS } as const;
    return ask(this.sender, request, inferred);
  }

  /** @throws Conflict if name and version are taken, also if seen on a second try, with other columns than asked for */
  create(wanted: NewModel): Promise<Model> {
    const version = wanted.version === undefined ? {} : { version: wanted.version };
    return this.createOnce(creation(wanted), async () => {
      const found = await this.byName(wanted.project_id, wanted.name, { ...version, latest: true });
      return found !== null && isAsWanted(found, wanted) ? found : null;
    });
  }

  /** The oldest of that name (`latest`: the newest), or that version; null where there is none. Two requests. */
  async byName(
    projectId: string,
    name: string,
    { version, latest = false }: { version?: string; latest?: boolean } = {},
  ): Promise<Model | null> {
    const filter = filterOf({ name, project_id: projectId, ...(version !== undefined && { version }) });
    const query = [filter, ['limit', '1'], ['ordering', latest ? '-created_at' : 'created_at']] as const;
    const found = await firstOf(this.sender, ['models'], name, query, modelSummary);
    return found === null ? null : this.get(found.id);
  }

  /** All of a project, or all versions of one name. */
  list(projectId: string, name?: string): AsyncIterable<ModelSummary> {
    const filter = filterOf({ project_id: projectId, ...(name !== undefined && { name }) });
    return listAll(this.sender, ['models'], [filter], modelSummary);
  }

  /** Gives the model as it is then. @throws NotFound */
  async update(id: string, patch: ModelPatch): Promise<Model> {
    const body = jsonBody(inOrder(CHANGES, patch));
    await this.sender.send({ method: 'PATCH', path: apiPath('models', id), body, repeatable: true });
    return this.get(id);
  }

  /** Starts the deletion; wait for the job before using the name again. @throws NotFound, also after a lost answer */
  async delete(id: string): Promise<JobRef> {
    const request = { method: 'DELETE', path: apiPath('models', id), repeatable: true } as const;
    return (await ask(this.sender, request, withJob)).job;
  }
}

const NO_TASK_PARAMS: TaskParams = {
  binary_classification_threshold: null,
  target_class_order: null,
  group_by: null,
  top_k: null,
  class_weights: null,
  weighted_ref_histograms: null,
};

/** Members in the wire's order. */
const NEW_MODEL = {
  ...{ name: undefined, project_id: undefined, schema: undefined, spec: undefined, input_type: 'structured' },
  ...{ task: undefined, task_params: undefined, description: null },
  ...{ event_id_col: null, event_ts_col: null, event_ts_format: null },
  ...{ xai_params: { custom_explain_methods: [], default_explain_method: null }, version: undefined },
};

function creation({ schema, task_params, ...wanted }: NewModel): object {
  return inOrder(NEW_MODEL, {
    ...wanted,
    schema: { ...schema, columns: schema.columns.map(withoutId) },
    task_params: { ...NO_TASK_PARAMS, ...task_params },
  });
}

/** The id that inference gave a column is the server's own; the official client never sends it back. */
function withoutId({ id: _, ...column }: Column): Omit<Column, 'id'> {
  return column;
}

/** Members in the wire's order; those left out stay as they are on the server. */
const CHANGES = {
  ...{ version: undefined, xai_params: undefined, description: undefined, event_id_col: undefined },
  ...{ event_ts_col: undefined, event_ts_format: undefined, schema: undefined, spec: undefined },
};

function isAsWanted(found: Model, wanted: NewModel): boolean {
  const columns = ({ schema }: Model | NewModel) =>
    schema.columns
      .map(({ name, data_type }) => `${name}\0${data_type}`)
      .sort()
      .join('\n');
  return found.task === wanted.task && columns(found) === columns(wanted);
}

/**
 * A custom feature's centroids, `[clusters][dimensions]`; null for none. A server keeps them in the feature itself, or
 * only in the `centroid_distance` enrichment that it adds for the feature (`config.cf`).
 */
export function centroidsOf(spec: ModelSpec, feature: string): number[][] | null {
  for (const { name, centroids } of spec.custom_features) {
    if (name === feature && isMatrix(centroids)) return centroids;
  }
  for (const { type, config } of spec.custom_features) {
    if (type !== 'ENRICHMENT') continue;
    const about = member(config, 'cf');
    const found = member(about, 'centroids');
    if (member(about, 'name') === feature && isMatrix(found)) return found;
  }
  return null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isMatrix(value: unknown): value is number[][] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const width: unknown = Array.isArray(value[0]) ? value[0].length : 0;
  return value.every(
    (row) => Array.isArray(row) && row.length === width && row.length > 0 && row.every(Number.isFinite),
  );
}
