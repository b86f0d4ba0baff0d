/** What a scheduler is given for the shards of a run that are not done: a script or a manifest. */
import { spawn } from 'node:child_process';
import { dirname, isAbsolute, resolve } from 'node:path';
import { isOffline, refuseConnection } from '../../base/index.js';
import { DataError, isUrl } from '../../data/index.js';
import {
  fillTemplate,
  lookAtShards,
  PLAN,
  type Plan,
  type RunPlace,
  readPlan,
  ScaleError,
  type Scheduler,
  type Submission,
  type SubmissionOptions,
  submissionOf,
  templatePath,
} from '../../scale/index.js';
import { throwDamage, withRun } from './runs.js';
import { plannedImages } from './shard-images.js';

export interface SubmitOptions extends SubmissionOptions {
  image: string;
  /** Default: `image-drift`. A run in a bucket has no volume. */
  claim?: string | undefined;
  /** Default: the folder that the run lies in. */
  mount?: string | undefined;
  template?: string | undefined;
}

const CLAIM = 'image-drift';
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

export interface Submitted {
  text: string;
  /** What a person should know before it is submitted. */
  notices: readonly string[];
  submission: Submission;
}

/** @throws ScaleError `RUN_COMPLETE`, `RUN_PLACE`, `TEMPLATE_NAME`, `SHARD_…`; FileError */
export async function submissionText(path: string, scheduler: Scheduler, options: SubmitOptions): Promise<Submitted> {
  return withRun(path, (place) => submissionOfRun(place, scheduler, options));
}

async function submissionOfRun(place: RunPlace, scheduler: Scheduler, options: SubmitOptions): Promise<Submitted> {
  const known = await readPlan(place);
  const { markers, damage } = await lookAtShards(place, known);
  throwDamage(damage);
  const submission = submissionOf(known, markers, options);
  const isBucket = isUrl(place.run);
  const full = (path: string) => (isBucket ? path : resolve(path));
  const run = full(place.run);
  const needs = await neededFiles(place, known.plan);
  const paths = { id: known.run, run, plan: full(place.pathOf(PLAN)), isBucket, needs };
  // A line break in a path would be one of the script.
  if (CONTROL.test(run)) {
    const hint = 'Rename the folder, or write the tasks yourself: image-drift embed --plan RUN/plan.json --shard auto.';
    throw new ScaleError('RUN_PLACE', `${run}: control characters in a path do not fit into a script`, { hint });
  }
  if (isBucket) refuseVolume(place, options);
  const { image, claim = CLAIM, mount = dirname(run) } = options;
  const template = options.template ?? templatePath(isBucket ? scheduler.bucketTemplate : scheduler.template);
  const cluster = { image, claim, mount };
  const text = await fillTemplate(template, scheduler.values(paths, submission, cluster));
  const notices = options.template === undefined ? scheduler.notices(paths, submission, cluster) : [];
  return { text, submission, notices };
}

/** Full paths, on disks, of what tasks read beside the run: the weights, and the first image or file of images. */
async function neededFiles(place: RunPlace, plan: Plan): Promise<string[]> {
  const needed = [plan.weights.path, ...(plan.rows?.files.slice(0, 1).map(({ file }) => file) ?? [])];
  for await (const { pin } of plannedImages(place, plan, 0, 1)) if ('file' in pin) needed.push(pin.file);
  return needed.filter((path) => isAbsolute(path));
}

/** It would be left out in silence. @throws DataError `BAD_OPTION` */
function refuseVolume({ run }: RunPlace, { claim, mount, template }: SubmitOptions): void {
  if (template !== undefined || (claim === undefined && mount === undefined)) return;
  throw new DataError('BAD_OPTION', `${run}: --claim and --mount are for a run in a folder; this one is in a bucket`, {
    hint: 'Where the images are on a volume, write a template of your own: --template.',
  });
}

/** Gives the text to the scheduler's program. @returns its output @throws `SCHEDULER_MISSING`, `SCHEDULER_REFUSED`; OfflineError */
export async function handOver({ accepts: [program = '', ...words] }: Scheduler, text: string): Promise<string> {
  if (isOffline()) refuseConnection(`the scheduler of ${program}`, `Without --run, what ${program} takes is printed.`);
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let [said, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  // A program that leaves before it has read all says why on its own.
  child.stdin.on('error', () => {});
  child.stdin.end(text);
  const code = await new Promise<number | null>((ended, failed) => {
    child.on('error', (error) => failed(missing(program, error)));
    child.on('close', ended);
  });
  if (code === 0) return said.trim();
  throw new ScaleError('SCHEDULER_REFUSED', `${program} ends with ${code}: ${complaint.trim() || said.trim()}`);
}

function missing(program: string, cause: Error): ScaleError {
  return new ScaleError('SCHEDULER_MISSING', `${program} does not start: ${cause.message}`, {
    hint: `Run it where ${program} is installed, or without --run, which prints what ${program} takes.`,
    cause,
  });
}
