import type { Problem, PublishEnvironment, PublishOptions, PublishPreview, TimestampPlan } from '../publish/index.js';
import { type Command, wholeNumber } from './command.js';
import { INTERRUPTED_EXIT_CODE, stopOnInterrupt } from './interrupt.js';
import { Progress, print, printJson, say } from './output.js';
import { requestLog } from './request-log.js';
import { seedOption } from './shared-options.js';
import { style } from './style.js';
import { formatTable } from './table.js';
import { UsageError } from './usage-error.js';

interface Args {
  events: string[];
  project: string;
  model: string;
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
  dryRun: boolean;
}

const seconds = (name: string) => (value: unknown) => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number >= 0)) throw new UsageError(`--${name} takes a number of seconds, not ${String(value)}`);
  return number;
};

export const publish: Command<Args> = {
  usage: 'publish <events..>',
  describe: 'Events → Fiddler: each exactly once, also when it is interrupted and run again',
  positionals: { events: { type: 'string', array: true, describe: 'Made by embed: .parquet, .jsonl, .csv or .npz' } },
  options: {
    project: { type: 'string', demandOption: true, requiresArg: true, describe: 'Project on the server' },
    model: { type: 'string', demandOption: true, requiresArg: true, describe: 'Model, made by onboard' },
    'model-version': { type: 'string', requiresArg: true, describe: 'Its version', defaultDescription: 'the newest' },
    baseline: {
      type: 'string',
      requiresArg: true,
      describe: 'Publish as the baseline of this name',
      defaultDescription: 'production',
    },
    timestamps: {
      type: 'string',
      choices: ['column', 'spread'],
      default: 'column',
      describe: "The events' own times, or as the quickstart: a file a week, on each day a sample of its rows",
    },
    days: {
      type: 'number',
      requiresArg: true,
      describe: 'With spread: days of a file',
      defaultDescription: '6',
      coerce: wholeNumber('days', 1),
    },
    'rows-per-day': {
      type: 'number',
      requiresArg: true,
      describe: 'With spread: rows of a day',
      defaultDescription: '1,000',
      coerce: wholeNumber('rows-per-day', 1),
    },
    until: {
      type: 'string',
      requiresArg: true,
      describe: 'With spread: time of the newest day, ISO 8601 (UTC) or ms since 1970',
      defaultDescription: 'now',
    },
    seed: seedOption('With spread: which rows a day has'),
    stream: { type: 'boolean', default: false, describe: 'Rows in the requests (1,000 at most) instead of files' },
    'rows-per-file': {
      type: 'number',
      requiresArg: true,
      describe: 'Rows of an uploaded file, at most',
      defaultDescription: '20,000',
      coerce: wholeNumber('rows-per-file', 1),
    },
    concurrency: {
      type: 'number',
      requiresArg: true,
      describe: 'Requests at once',
      defaultDescription: '2',
      coerce: wholeNumber('concurrency', 1),
    },
    journal: {
      type: 'string',
      requiresArg: true,
      describe: 'File that says what has been sent',
      defaultDescription: 'EVENTS.publish-….jsonl',
    },
    wait: { type: 'boolean', default: true, describe: 'Wait for the jobs; --no-wait to leave when they are accepted' },
    timeout: {
      type: 'number',
      requiresArg: true,
      describe: 'Longest wait for a job, in seconds',
      defaultDescription: '1,800',
      coerce: seconds('timeout'),
    },
    settle: {
      type: 'number',
      requiresArg: true,
      describe: 'After a lost answer: seconds between two looks at the server that must agree',
      defaultDescription: '2',
      coerce: seconds('settle'),
    },
    lag: {
      type: 'number',
      requiresArg: true,
      describe: 'Seconds after which events that the server took can be read back from it',
      defaultDescription: '300',
      coerce: seconds('lag'),
    },
    resend: {
      type: 'boolean',
      default: false,
      describe: 'Send again what was not answered, where the server cannot be asked whether it has it',
    },
    statistics: {
      type: 'boolean',
      default: false,
      describe: 'Also send image_stat_… columns, if the model has them',
    },
    'retention-days': {
      type: 'number',
      requiresArg: true,
      describe: 'Warn of events older than this',
      defaultDescription: '90',
      coerce: wholeNumber('retention-days', 1),
    },
    'dry-run': { type: 'boolean', default: false, describe: 'Print what would be sent and what is wrong with it' },
  },
  examples: [
    ['publish reference.parquet --project p --model m --baseline train_time_reference', 'The baseline'],
    ['publish monday.parquet --project p --model m', 'Production, with the times of the events'],
    ['publish production_*.parquet --project p --model m --timestamps spread', "The quickstart's three weeks"],
  ],
  async run(args) {
    const options = publishOptions(args, timestampPlan(args));
    if (args.dryRun) return dryRun(args, options);
    const [{ FiddlerClient }, { INTERRUPTED, PublishError, publishEvents }] = await Promise.all([
      import('../fiddler/index.js'),
      import('../publish/index.js'),
    ]);
    const signal = stopOnInterrupt(args.quiet);
    const client = FiddlerClient.fromEnvironment(requestLog());
    const watch = new Watch(args.quiet);
    try {
      const model = await findModel(client, args);
      const published = await publishEvents(client, { ...options, model, signal, onProgress: watch.update });
      watch.end();
      if (args.json) return printJson(publishedJson(published));
      print(outcome(published, args));
    } catch (error) {
      watch.end();
      if (!(error instanceof PublishError) || error.code !== INTERRUPTED) throw error;
      say(args.quiet, `${error.message}. ${error.hint ?? ''}`);
      process.exit(INTERRUPTED_EXIT_CODE);
    } finally {
      watch.end();
      await client.close();
    }
  },
};

type Options = Omit<PublishOptions, 'model'>;

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

async function findModel(client: InstanceType<typeof import('../fiddler/index.js').FiddlerClient>, args: Args) {
  const project = await client.projects.byName(args.project);
  if (project === null) {
    throw new UsageError(`project ${args.project} is not on ${client.url}`, 'Make it, and the model, with onboard.');
  }
  const which = args.modelVersion === undefined ? { latest: true } : { version: args.modelVersion };
  const model = await client.models.byName(project.id, args.model, which);
  if (model === null) {
    const version = args.modelVersion === undefined ? '' : ` ${args.modelVersion}`;
    throw new UsageError(`model ${args.model}${version} is not in project ${args.project}`, 'Make it with onboard.');
  }
  return model;
}

/** Reads the model where a server is named, so that the events are checked against it; sends nothing. */
async function dryRun(args: Args & { json: boolean; quiet: boolean }, options: Options): Promise<void> {
  const { planPublish } = await import('../publish/index.js');
  const model = await modelForDryRun(args);
  const preview = await planPublish({ ...options, model });
  if (args.json) printJson({ ...preview, checked_against_model: model !== null });
  else printPreview(preview, model !== null);
  if (preview.problems.some(({ severity }) => severity === 'error')) process.exitCode = 4;
}

async function modelForDryRun(args: Args) {
  if (!process.env['FIDDLER_URL']) return null;
  const { FiddlerClient } = await import('../fiddler/index.js');
  const client = FiddlerClient.fromEnvironment(requestLog());
  try {
    return await findModel(client, args);
  } finally {
    await client.close();
  }
}

function printPreview(preview: PublishPreview, checkedAgainstModel: boolean): void {
  const lines = preview.chunks.map(({ chunk, file, requests }) => [
    requests.map(({ method, path }) => `${method} ${path}`).join(', '),
    file,
    chunk.rows.toLocaleString('en'),
    requests.map(({ bytes }) => bytes.toLocaleString('en')).join(' + '),
    chunk.times === null ? '' : new Date(chunk.times.from).toISOString(),
    chunk.times === null ? '' : new Date(chunk.times.to).toISOString(),
  ]);
  const columns = [
    { title: 'request' },
    { title: 'events' },
    { title: 'rows', align: 'right' as const },
    { title: 'bytes', align: 'right' as const },
    { title: 'from' },
    { title: 'to' },
  ];
  print(formatTable(columns, lines));
  print(`\n${preview.rows.toLocaleString('en')} events, ${preview.bytes.toLocaleString('en')} bytes; first rows:`);
  for (const row of preview.firstRows) print(JSON.stringify(row));
  print('');
  if (!checkedAgainstModel) print('Not checked against the model: FIDDLER_URL is not set.');
  for (const problem of preview.problems) print(problemLine(problem));
  if (preview.problems.length === 0) print('Nothing wrong was found. Nothing was sent.');
  else print('Nothing was sent.');
}

function problemLine({ severity, code, message, count, hint }: Problem): string {
  const more = count > 1 ? ` (and ${(count - 1).toLocaleString('en')} more like it)` : '';
  const label = style(process.stdout, severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`);
  return `${label}: ${message}${more}${hint === null ? '' : `\n  ${hint}`}`;
}

type Published = Awaited<ReturnType<typeof import('../publish/index.js').publishEvents>>;

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

/** Turns progress into a line on a terminal, and warnings into lines. */
class Watch {
  private bar: Progress | null = null;
  private waiting: string | null = null;

  constructor(private readonly quiet: boolean) {}

  readonly update: NonNullable<PublishOptions['onProgress']> = (progress) => {
    switch (progress.stage) {
      case 'checking':
        this.bar ??= new Progress('checking', null, 'events', this.quiet);
        this.bar.update(progress.rows);
        break;
      case 'planned':
        this.end();
        for (const problem of progress.warnings) say(this.quiet, problemLine(problem));
        if (progress.doneRows > 0 && progress.doneRows < progress.rows) {
          say(this.quiet, `${progress.journal}: going on after ${progress.doneRows.toLocaleString('en')} events`);
        }
        this.bar = new Progress('publishing', progress.rows, 'events', this.quiet);
        break;
      case 'publishing':
        this.bar?.update(progress.rows);
        break;
      case 'waiting':
        if (this.waiting !== progress.what) say(this.quiet, `waiting for ${progress.what}`);
        this.waiting = progress.what;
        break;
    }
  };

  end(): void {
    this.bar?.end();
    this.bar = null;
  }
}
