import { existsSync } from 'node:fs';
import type { Model } from '../fiddler/index.js';
import type { PublishEnvironment, Published, PublishOptions, TimestampPlan } from '../publish/index.js';
import type { Command } from './command.js';
import { findModel, type ModelArgs, type ServerArgs, withFiddler } from './fiddler-options.js';
import { INTERRUPTED_EXIT_CODE, stopOnInterrupt } from './interrupt.js';
import { print, printJson, say } from './output.js';
import { publishFlags } from './publish-options.js';
import { printPreview } from './publish-preview.js';
import { PublishWatch } from './publish-watch.js';
import { UsageError } from './usage-error.js';

interface Args extends ServerArgs {
  events: string[];
  project?: string;
  model?: string;
  modelVersion?: string;
  baseline?: string;
  timestamps: 'column' | 'spread';
  days?: number;
  rowsPerDay?: number;
  until?: string;
  seed: number;
  stream: boolean;
  rowsPerFile?: number;
  concurrency?: number;
  journal?: string;
  wait: boolean;
  timeout?: number;
  settle?: number;
  lag?: number;
  resend: boolean;
  statistics: boolean;
  retentionDays?: number;
  centroids?: string;
  dryRun: boolean;
}

export const publish: Command<Args> = {
  usage: 'publish <events..>',
  describe: 'Events → Fiddler: each exactly once, also when it is interrupted and run again',
  positionals: { events: { type: 'string', array: true, describe: 'Made by embed: .parquet, .jsonl, .csv or .npz' } },
  options: publishFlags,
  examples: [
    ['publish reference.parquet --project p --model m --baseline train_time_reference', 'The baseline'],
    ['publish monday.parquet --project p --model m', 'Production, with the times of the events'],
    ['publish production_*.parquet --project p --model m --timestamps spread', "The quickstart's three weeks"],
  ],
  async run(args) {
    const options = publishOptions(args, timestampPlan(args));
    if (args.dryRun) return dryRun(args, options);
    const { INTERRUPTED, PublishError, publishEvents } = await import('../publish/index.js');
    const signal = stopOnInterrupt(args.quiet);
    const watch = new PublishWatch(args.quiet);
    try {
      const weightsSha256 = await onboardedWeights(args);
      const published = await withFiddler(args, async (client) => {
        const model = await findModel(client, modelArgs(args));
        return publishEvents(client, { ...options, model, weightsSha256, signal, onProgress: watch.update });
      });
      watch.end();
      if (args.json) printJson(publishedJson(published));
      else print(outcome(published, args));
    } catch (error) {
      watch.end();
      if (!(error instanceof PublishError) || error.code !== INTERRUPTED) throw error;
      say(args.quiet, `${error.message}. ${error.hint ?? ''}`);
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  },
};

type Options = Omit<PublishOptions, 'model'>;

function modelArgs({ project, model, modelVersion }: Args): ModelArgs {
  return { project, model, modelVersion } as ModelArgs;
}

/** What onboard saved beside the model says of the weights; null where there is nothing, or it is of another model. */
async function onboardedWeights({ centroids, project, model }: Args): Promise<string | null> {
  const { defaultCentroidsPath, readCentroids } = await import('../publish/index.js');
  const path = centroids ?? defaultCentroidsPath(model ?? '');
  if (centroids === undefined && !existsSync(path)) return null;
  const file = await readCentroids(path);
  return file.project === project && file.model === model ? file.weightsSha256 : null;
}

function publishOptions(args: Args, timestamps: TimestampPlan | undefined): Options {
  const environment: PublishEnvironment =
    args.baseline === undefined ? { type: 'PRODUCTION' } : { type: 'PRE_PRODUCTION', name: args.baseline };
  return {
    files: args.events,
    environment,
    timestamps,
    mode: args.stream ? 'stream' : 'files',
    rowsPerFile: args.rowsPerFile,
    concurrency: args.concurrency,
    journal: args.journal,
    wait: args.wait,
    timeoutSeconds: args.timeout,
    settleSeconds: args.settle,
    lagSeconds: args.lag,
    resend: args.resend,
    statistics: args.statistics,
    retentionDays: args.retentionDays,
  };
}

const QUICKSTART = { days: 6, rowsPerDay: 1_000 };

function timestampPlan(args: Args): TimestampPlan | undefined {
  const { timestamps, days, rowsPerDay, until, seed } = args;
  if (timestamps === 'spread') {
    return {
      from: 'spread',
      days: days ?? QUICKSTART.days,
      rowsPerDay: rowsPerDay ?? QUICKSTART.rowsPerDay,
      seed,
      until: until === undefined ? null : timeOf(until),
    };
  }
  if (days !== undefined || rowsPerDay !== undefined || until !== undefined) {
    throw new UsageError('--days, --rows-per-day and --until need --timestamps spread');
  }
  return undefined;
}

function timeOf(text: string): number {
  const zoned = /[zZ]|[+-]\d\d:?\d\d$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`;
  const value = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(zoned);
  if (!Number.isFinite(value)) {
    throw new UsageError(`--until ${text}: ISO 8601 such as 2026-11-25T12:00:00Z, or milliseconds, is needed`);
  }
  return value;
}

/** Reads the model where a server is named, so that the events are checked against it; sends nothing. */
async function dryRun(args: Args & { json: boolean; quiet: boolean }, options: Options): Promise<void> {
  const { planPublish } = await import('../publish/index.js');
  const model = await modelForDryRun(args);
  const preview = await planPublish({ ...options, model, weightsSha256: await onboardedWeights(args) });
  if (args.json) printJson({ ...preview, checked_against_model: model !== null });
  else printPreview(preview, model !== null);
  if (preview.problems.some(({ severity }) => severity === 'error')) process.exitCode = 4;
}

async function modelForDryRun(args: Args): Promise<Model | null> {
  if (!process.env['FIDDLER_URL']) return null;
  return withFiddler(args, (client) => findModel(client, modelArgs(args)));
}

function publishedJson(published: Published): Record<string, unknown> {
  const { rows, sent, alreadyThere, lookedUp, jobs, journal, finished, warnings } = published;
  return { rows, sent, already_there: alreadyThere, looked_up: lookedUp, jobs, journal, finished, warnings };
}

function outcome({ rows, sent, alreadyThere, journal, finished }: Published, args: Args): string {
  const place = args.baseline === undefined ? 'production' : `baseline ${args.baseline}`;
  const of = `${rows.toLocaleString('en')} events of ${place} of ${args.model}`;
  if (sent === 0 && finished) return `${of}: all there already, nothing was sent (${journal})`;
  const already = alreadyThere > 0 ? `, ${alreadyThere.toLocaleString('en')} were there already` : '';
  const open = finished ? '' : '; the jobs are still running: run again to wait for them';
  return `${of}: ${sent.toLocaleString('en')} sent${already} (${journal})${open}`;
}
