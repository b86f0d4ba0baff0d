/** Everything that comes before the first request: validation and plan. Sends nothing. */
import type { ColumnChoice, EventTableSchema } from '../../../data/index.js';
import type { Model } from '../../client/index.js';
import { PublishError } from '../publish-error.js';
import { type SentColumns, sentColumns } from './columns.js';
import { makePlan, type PublishEnvironment, type PublishMode, type PublishPlan, rowsPerChunk } from './plan.js';
import { Problems } from './problems.js';
import type { PublishProgress } from './progress.js';
import { scanEvents } from './scan.js';
import { dayStamp, settle, type TimestampPlan } from './timestamps.js';
import { checkTime, classOrder, DEFAULT_RETENTION_DAYS, type RowChecks } from './validate.js';

export interface PrepareOptions {
  files: readonly string[];
  /** Null if the model is unknown. */
  model: Model | null;
  environment: PublishEnvironment;
  timestamps?: TimestampPlan | undefined;
  mode?: PublishMode | undefined;
  rowsPerFile?: number | undefined;
  statistics?: boolean | undefined;
  columns?: ColumnChoice | undefined;
  retentionDays?: number | undefined;
  weightsSha256?: string | null | undefined;
  /** For events that are there: labels are sent, and no other run can store an event twice. */
  update?: boolean | undefined;
  /** ms since 1970, by the server's clock where it is known. */
  now: number;
  onProgress?: ((progress: PublishProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export async function preparePublish(options: PrepareOptions): Promise<{ plan: PublishPlan; problems: Problems }> {
  const { files: paths, model, environment } = options;
  const production = environment.type === 'PRODUCTION';
  const mode = options.mode ?? 'files';
  const timestamps = settle(options.timestamps ?? { from: 'column' }, options.now);
  if (paths.length === 0) throw new PublishError('PUBLISH_NO_FILES', 'no event files are given');
  if (!production && timestamps.from === 'spread') {
    throw new PublishError('PUBLISH_BASELINE_SPREAD', 'the events of a baseline have no times that could be spread');
  }
  if (!production && mode === 'stream') {
    throw new PublishError('PUBLISH_BASELINE_STREAM', 'Fiddler takes a baseline as a file, not as a stream');
  }
  const problems = new Problems();
  const checks: RowChecks = {
    classes: model && setOrNull(classOrder(model)),
    // An event that is there has its time.
    timestamps: production && timestamps.from === 'column' && options.update !== true,
    now: options.now,
    retentionDays: options.retentionDays ?? DEFAULT_RETENTION_DAYS,
  };
  const files = await scanEvents(
    paths,
    {
      model,
      reading: {
        ...options.columns,
        orLabels: options.update === true,
        knownClasses: model ? (classOrder(model) ?? model.spec.outputs) : undefined,
      },
      checks,
      weightsSha256: options.weightsSha256 ?? null,
      rowsPerChunk: (schema) => rowsPerChunk(mode, schema, options.rowsPerFile),
      signal: options.signal,
      onRows: (rows) => options.onProgress?.({ stage: 'checking', rows }),
    },
    problems,
  );
  if (timestamps.from === 'spread') {
    for (const [file, { path }] of files.entries()) {
      for (let day = 0; day < timestamps.days; day++) {
        checkTime(() => `${path} day ${day}`, dayStamp(timestamps, files.length, file, day), checks, problems);
      }
    }
  }
  const { schema } = files[0] as (typeof files)[number];
  const statistics = options.statistics ?? false;
  const columns = model ? sentColumns(model, schema, { production, statistics }) : ownColumns(schema, production);
  const { rowsPerFile, columns: choice, update = false } = options;
  const opening = !update;
  const plan = makePlan(files, { timestamps, mode, environment, columns, rowsPerFile, choice, opening });
  return { plan, problems };
}

/** The columns as onboard names them, for a plan without a model. */
function ownColumns(schema: EventTableSchema, production: boolean): SentColumns {
  return {
    embeddings: 'embeddings',
    classes: schema.classes,
    target: schema.hasTargets ? 'target' : null,
    imageUrl: schema.hasImageUrls ? 'image_url' : null,
    timestamp: production ? 'timestamp' : null,
    eventId: 'event_id',
    statistics: [],
    metadata: [],
  };
}

function setOrNull(names: readonly string[] | null): ReadonlySet<string> | null {
  return names && new Set(names);
}
