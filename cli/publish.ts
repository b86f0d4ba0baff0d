import { existsSync } from 'node:fs';
import { oneOf, paths, text, toggle, whole } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import type { Model } from '../fiddler/client/index.js';
import type { PublishEnvironment, Published, PublishOptions, TimestampPlan } from '../fiddler/publish/index.js';
import { publishFields } from '../fiddler/publish/options/index.js';
import { checkRuns, withTables } from './checked-runs.js';
import { type CommonArgs, command } from './command.js';
import { INTERRUPTED_EXIT_CODE, modelFlags, stopOnInterrupt, withModel } from './fiddler-options.js';
import { type ArgsOf, flagged, valuesOf } from './flag.js';
import { print, printJson, say } from './output.js';
import { checkAgain, PublishWatch, printPreview, printUpdated } from './publish-modes.js';
import { columnChoice, seedFlag, timeOf } from './shared-options.js';
import { UsageError } from './usage-error.js';

const { force, confirm, ...sending } = flagged(publishFields);

const options = {
  ...modelFlags,
  baseline: text().flag('Publish as the baseline of this name').typedOnly().shows('production'),
  timestamps: oneOf('column', 'spread')
    .default('column')
    .flag("The events' own times, or as the quickstart: a file a week, on each day a sample of its rows"),
  days: whole(1).flag('With spread: days of a file').shows('6'),
  rowsPerDay: whole(1).flag('With spread: rows of a day').shows('1,000'),
  until: text().orNumber().flag('With spread: time of the newest day, ISO 8601 (UTC) or ms since 1970').shows('now'),
  seed: seedFlag.flag('With spread: which rows a day has'),
  stream: toggle().default(false).flag('Rows in the requests (1,000 at most) instead of files'),
  ...sending,
  centroids: text()
    .flag('File that onboard saved: the weights that the model was made with')
    .shows('MODEL.centroids.json if there'),
  ...columnFields,
  ...{ force, confirm },
  update: toggle().default(false).flag('Send the labels of events that are there already, by their ids'),
  check: toggle().default(false).flag('Send nothing; ask the server for everything that the journal calls done'),
  dryRun: toggle().default(false).flag('Print what would be sent and what is wrong with it'),
};
const positionals = { events: paths().needed().flag('.parquet, .jsonl, .csv, .npz or .npy; or RUN') };
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const publish = command({
  usage: 'publish <events..>',
  describe: 'Events → Fiddler: each exactly once, also when it is interrupted and run again',
  positionals,
  options,
  inputs: ['events', 'centroids'],
  outputs: ['journal'],
  examples: [
    ['publish reference.parquet --project images --model resnet18 --baseline train_time_reference', 'The baseline'],
    ['publish monday.parquet --project images --model resnet18', 'Production, with the times of the events'],
    [
      'publish production_*.parquet --project images --model resnet18 --timestamps spread',
      "The quickstart's three weeks",
    ],
    ['publish monday.parquet --project images --model resnet18 --update', 'Labels that have arrived since'],
  ],
  async run(args) {
    const options = publishOptions(args, await timestampPlan(args));
    checkMode(args);
    await checkRuns(args.events);
    await withTables(args.events, options.columns, (columns) => send(args, { ...options, columns }));
  },
});

type Options = Omit<PublishOptions, 'model'>;

async function send(args: Args & CommonArgs, options: Options): Promise<void> {
  if (args.dryRun) return dryRun(args, options);
  if (args.check) return checkAgain(args, options);
  const { INTERRUPTED, PublishError, publishEvents, updateEvents } = await import('../fiddler/publish/index.js');
  const signal = stopOnInterrupt(args.quiet);
  const watch = new PublishWatch(args.quiet);
  try {
    const weightsSha256 = await onboardedWeights(args);
    const published = await withModel(args, async (client, model) => {
      const all = { ...options, model, weightsSha256, signal, onProgress: watch.update };
      if (args.update) return updateEvents(client, all);
      return publishEvents(client, all);
    });
    watch.end();
    if ('unknown' in published) printUpdated(published, args);
    else if (args.json) printJson(publishedJson(published));
    else print(outcome(published, args));
  } catch (error) {
    watch.end();
    if (!(error instanceof PublishError) || error.code !== INTERRUPTED) throw error;
    say(args.quiet, `${error.message}. ${error.hint ?? ''}`);
    process.exit(INTERRUPTED_EXIT_CODE);
  }
}

function checkMode({ update, check, dryRun, baseline, rowsPerFile, resend }: Args): void {
  const modes = [update && '--update', check && '--check', dryRun && '--dry-run'].filter((one) => one !== false);
  if (modes.length > 1) throw new UsageError(`${modes.join(' and ')} do not go together`);
  if (update && baseline !== undefined)
    throw new UsageError('--update is for production: a baseline cannot be changed');
  if (check && resend) throw new UsageError('--check sends nothing, --resend does');
  if (baseline !== undefined && rowsPerFile !== undefined) {
    throw new UsageError('--rows-per-file is for production: a baseline goes out as one file');
  }
}

/** What onboard saved beside the model says of the weights; null where there is nothing, or it is of another model. */
async function onboardedWeights({ centroids, project, model }: Args): Promise<string | null> {
  const { defaultCentroidsPath, readCentroids } = await import('../fiddler/publish/index.js');
  const path = centroids ?? defaultCentroidsPath(model ?? '');
  if (centroids === undefined && !existsSync(path)) return null;
  const file = await readCentroids(path);
  return file.project === project && file.model === model ? file.weightsSha256 : null;
}

function publishOptions(args: Args, timestamps: TimestampPlan | undefined): Options {
  const environment: PublishEnvironment =
    args.baseline === undefined ? { type: 'PRODUCTION' } : { type: 'PRE_PRODUCTION', name: args.baseline };
  return {
    ...valuesOf(publishFields, args),
    files: args.events,
    environment,
    timestamps,
    mode: args.stream ? 'stream' : 'files',
    columns: columnChoice(args),
  };
}

const QUICKSTART = { days: 6, rowsPerDay: 1_000 };

async function timestampPlan(args: Args): Promise<TimestampPlan | undefined> {
  const { timestamps, days, rowsPerDay, until, seed } = args;
  if (timestamps === 'spread') {
    return {
      from: 'spread',
      days: days ?? QUICKSTART.days,
      rowsPerDay: rowsPerDay ?? QUICKSTART.rowsPerDay,
      seed,
      until: until === undefined ? null : await timeOf('until', until),
    };
  }
  if (days !== undefined || rowsPerDay !== undefined || until !== undefined) {
    throw new UsageError('--days, --rows-per-day and --until need --timestamps spread');
  }
  return undefined;
}

/** Reads the model where a server is named, so that the events are checked against it; sends nothing. */
async function dryRun(args: Args & { json: boolean; quiet: boolean }, options: Options): Promise<void> {
  const { planPublish } = await import('../fiddler/publish/index.js');
  const model = await modelForDryRun(args);
  const preview = await planPublish({ ...options, model, weightsSha256: await onboardedWeights(args) });
  if (args.json) printJson({ ...preview, checked_against_model: model !== null });
  else printPreview(preview, model !== null);
  if (preview.problems.some(({ severity }) => severity === 'error')) process.exitCode = 4;
}

async function modelForDryRun(args: Args): Promise<Model | null> {
  if (!process.env['FIDDLER_URL']) return null;
  return withModel(args, async (_, model) => model);
}

function publishedJson(published: Published): Record<string, unknown> {
  const { rows, sent, alreadyThere, lookedUp, jobs, journal, finished, confirmed, warnings } = published;
  return { rows, sent, already_there: alreadyThere, looked_up: lookedUp, jobs, journal, finished, confirmed, warnings };
}

function outcome({ rows, sent, alreadyThere, journal, finished, confirmed }: Published, args: Args): string {
  const place = args.baseline === undefined ? 'production' : `baseline ${args.baseline}`;
  const of = `${rows.toLocaleString('en')} events of ${place} of ${args.model}`;
  if (sent === 0 && finished) return `${of}: ${unsent(confirmed)}, nothing was sent (${journal})`;
  const already = alreadyThere > 0 ? `, ${alreadyThere.toLocaleString('en')} were there already` : '';
  const unseen = confirmed === false ? '; the server does not let one read them back' : '';
  const open = finished ? unseen : '; the jobs are still running: run again to wait for them';
  return `${of}: ${sent.toLocaleString('en')} sent${already} (${journal})${open}`;
}

/** Only a server that was asked knows that all are there. */
function unsent(confirmed: boolean | null): string {
  if (confirmed === true) return 'all there already';
  const why = confirmed === null ? 'the server was not asked' : 'the server does not let one read them back';
  return `all were sent before, as the journal says; ${why}`;
}
