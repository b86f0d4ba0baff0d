/** Everything that comes before the first request: validation and plan. Sends nothing. */
import { filled, type OptionsOf } from '../../../base/index.js';
import type { EventTableSchema } from '../../../data/index.js';
import type { Model } from '../../client/index.js';
import { planFields } from '../options/index.js';
import { Problems } from '../progress.js';
import { PublishError } from '../publish-error.js';
import { type SentColumns, sentColumns } from './columns.js';
import { makePlan, type PublishPlan, rowsPerChunk } from './plan.js';
import { scanEvents } from './scan.js';
import { dayStamp, settle } from './timestamps.js';
import { checkTime, classOrder, type RowChecks } from './validate.js';

export interface PrepareOptions extends OptionsOf<typeof planFields> {
  /** Null if the model is unknown. */
  model: Model | null;
  /** For events that are there: labels are sent, and no other run can store an event twice. */
  update?: boolean | undefined;
  /** ms since 1970, by the server's clock where it is known. */
  now: number;
}

export async function preparePublish(given: PrepareOptions): Promise<{ plan: PublishPlan; problems: Problems }> {
  const options = { ...given, ...filled(given, planFields) };
  const { files: paths, model, environment, mode, statistics, rowsPerFile, update = false } = options;
  const production = environment.type === 'PRODUCTION';
  const timestamps = settle(options.timestamps ?? { from: 'column' }, options.now);
  if (paths.length === 0) throw new PublishError('PUBLISH_NO_FILES', 'no event files are given');
  if (!production && timestamps.from === 'spread') {
    throw new PublishError('PUBLISH_BASELINE_SPREAD', 'the events of a baseline have no times that could be spread');
  }
  if (!production && mode === 'stream') {
    throw new PublishError('PUBLISH_BASELINE_STREAM', 'Fiddler takes a baseline as a file, not as a stream');
  }
  const problems = new Problems();
  const order = model && classOrder(model);
  const checks: RowChecks = {
    classes: order && new Set(order),
    // An event that is there has its time.
    timestamps: production && timestamps.from === 'column' && !update,
    now: options.now,
    retentionDays: options.retentionDays,
  };
  const files = await scanEvents(
    paths,
    {
      model,
      reading: {
        ...options.columns,
        orLabels: update,
        knownClasses: order ?? model?.spec.outputs,
      },
      checks,
      weightsSha256: options.weightsSha256 ?? null,
      rowsPerChunk: (schema) => rowsPerChunk(mode, schema, rowsPerFile),
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
  const columns = model ? sentColumns(model, schema, { production, statistics }) : ownColumns(schema, production);
  const layout = { timestamps, mode, environment, columns, rowsPerFile };
  const plan = makePlan(files, { ...layout, choice: options.columns, opening: !update });
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
