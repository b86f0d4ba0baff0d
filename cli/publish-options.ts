/** The flags of `publish`. */
import { wholeNumber } from './command.js';
import { modelOptions } from './fiddler-options.js';
import type { Flags } from './flag.js';
import { columnOptions, seedOption } from './shared-options.js';
import { UsageError } from './usage-error.js';

const seconds = (name: string) => (value: unknown) => {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!(number >= 0)) throw new UsageError(`--${name} takes a number of seconds, not ${String(value)}`);
  return number;
};

export const publishFlags: Flags = {
  ...modelOptions,
  baseline: {
    notFromEnvironment: true,
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
  seed: { ...seedOption('With spread: which rows a day has'), computes: false },
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
    notFromEnvironment: true,
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
  centroids: {
    type: 'string',
    requiresArg: true,
    describe: 'File that onboard saved: the weights that the model was made with',
    defaultDescription: 'MODEL.centroids.json if there',
  },
  ...columnOptions,
  force: {
    type: 'boolean',
    default: false,
    describe: 'Go on although other jobs publish to the model',
  },
  confirm: {
    type: 'boolean',
    default: true,
    describe: 'At the end, read back whether the server has everything; --no-confirm to leave before',
  },
  update: {
    type: 'boolean',
    default: false,
    describe: 'Send the labels of events that are there already, by their ids',
  },
  check: {
    type: 'boolean',
    default: false,
    describe: 'Send nothing; ask the server for everything that the journal calls done',
  },
  'dry-run': { type: 'boolean', default: false, describe: 'Print what would be sent and what is wrong with it' },
};
