/**
 * Damages files that have a network or describe one (ONNX, `.pt2`, `model.json`, `config.json`): each mutant is refused
 * with a code, or gives what the library of its format makes of the same file.
 *     node dist/spec/ci/model-mutants/main.js FOLDER PYTHON [MUTANTS] [SEED] [KIND…]
 * MUTANTS are those of each kind. PYTHON has some of onnxruntime, torch, transformers and timm; FOLDER may have
 * TensorFlow.js in its `node_modules`. Fails on an exception, a hang, a crash, too much memory, and other values. A
 * failure names kind, file and seed, and its files stay in FOLDER. FOLDER/refused-KIND.jsonl has what only the library
 * refuses.
 */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { softmax } from '../../../engine/contract/parts.js';
import { LineProcess } from '../../support/line-process.js';
import { packageRoot } from '../../support/places.js';
import { relativeError } from '../../support/relative-error.js';
import { type Ended, type Job, Reader } from '../hostile-files/readers.js';
import { IMAGES, KINDS, type Numbers } from './kinds.js';
import type { Answer, Read } from './reader.js';

const [given = '', python = 'python3', mutants = '200', firstSeed = '1', ...only] = process.argv.slice(2);
const folder = mkdtempSync(join(given, 'mutants-'));
/** A share of the largest value: libraries compute in float32, and a mutant may make their errors large. */
const BOUND = 1e-3;
const MAX_TOLD = 600;
const sources = join(packageRoot, 'spec', 'ci', 'model-mutants');

const VERDICTS = ['refused', 'equal', 'refused by the library', 'ended the library', 'not compared'] as const;
type Verdict = (typeof VERDICTS)[number];

type PeerAnswer = { outputs: Record<string, Numbers> } | { refused: string } | { ended: true };

const MAX_MS = 120_000;
const MAX_START_MS = 900_000;

/** A program that computes mutants as the library of their format does. One that dies or hangs is started anew for the next. */
class Peer {
  readonly #command: readonly string[];
  #process: LineProcess | null = null;

  constructor(...command: readonly string[]) {
    this.#command = command;
  }

  async ask(question: object): Promise<PeerAnswer> {
    this.#process ??= await this.#started();
    const line = await this.#process.ask(JSON.stringify(question), MAX_MS);
    if (line !== null) return JSON.parse(line) as PeerAnswer;
    this.close();
    return { ended: true };
  }

  close(): void {
    this.#process?.kill();
    this.#process = null;
  }

  /** Its libraries are loaded when it says its first line. That may take minutes where other work keeps the machine busy. */
  async #started(): Promise<LineProcess> {
    const started = new LineProcess(this.#command);
    if ((await started.next(MAX_START_MS)) !== null) return started;
    started.kill();
    throw new Error(`${this.#command.join(' ')} did not start in ${MAX_START_MS / 1000} s: ${started.said}`);
  }
}

let failures = 0;
for (const { name, files } of KINDS) {
  if (only.length === 0 || only.includes(name)) await check(name, files.length);
}
if (failures === 0) rmSync(folder, { recursive: true, force: true });
console.log(failures === 0 ? 'Nothing failed.' : `${failures} failures, in ${folder}`);
process.exitCode = failures === 0 ? 0 : 1;

async function check(kind: string, files: number): Promise<void> {
  const peer =
    kind === 'tfjs-model'
      ? new Peer(process.execPath, join(sources, 'tfjs-peer.mjs'), given)
      : new Peer(python, '-W', 'ignore', join(sources, 'peer.py'), kind);
  const reader = new Reader<Answer>(join(folder, kind), { program: new URL('./reader.js', import.meta.url) });
  const tally = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  const codes = new Set<string>();
  for (let i = 0; i < Number(mutants); i++) {
    const job: Job = { kind, file: i % files, seed: Number(firstSeed) * 1_000_003 + i };
    const answer = await reader.run(job);
    const found = await judged(job, answer, peer);
    if (found === 'failed') continue;
    tally[found] += 1;
    if ('outcome' in answer && 'refused' in answer.outcome) codes.add(answer.outcome.refused);
    rmSync(join(folder, kind, `${reader.starts - 1}`, `${kind}-${job.seed}`), { recursive: true, force: true });
  }
  reader.close();
  peer.close();
  const told = Object.entries(tally).map(([what, count]) => `${count} ${what}`);
  console.log(`${kind}: ${mutants} mutants: ${told.join(', ')}; ${codes.size} codes`);
}

async function judged({ kind, file, seed }: Job, answer: Answer | Ended, peer: Peer): Promise<Verdict | 'failed'> {
  const job = `${kind}, file ${file}, seed ${seed}`;
  if (!('outcome' in answer)) return fail(job, JSON.stringify(answer));
  const { outcome, told } = answer;
  const place = `${job}, ${told}`;
  if ('failed' in outcome) return fail(place, outcome.failed);
  if ('refused' in outcome) return 'refused';
  const names = Object.keys(outcome.outputs);
  if (outcome.input === null || names.length === 0) return 'not compared';
  const { path, input, shape } = outcome;
  const theirs = await peer.ask({ path, input, shape });
  if (!('outputs' in theirs)) {
    appendFileSync(join(given, `refused-${kind}.jsonl`), `${JSON.stringify({ file, seed, told, ...theirs })}\n`);
    return 'refused' in theirs ? 'refused by the library' : 'ended the library';
  }
  const error = errorBeside(outcome, theirs, kind);
  if (error === null) return 'not compared';
  return error <= BOUND ? 'equal' : fail(place, `${dirname(path)}: differs by ${error}`);
}

/** The smallest error of an output that may be meant; null: none has as many values, or the library's are not finite. */
function errorBeside(
  { outputs }: Read,
  theirs: Extract<PeerAnswer, { outputs: unknown }>,
  kind: string,
): number | null {
  const errors = Object.entries(outputs).flatMap(([name, values]) =>
    Object.entries(theirs.outputs)
      // ONNX names its outputs.
      .filter(([their, all]) => (kind !== 'onnx' || their === name) && all.length === values.length)
      .flatMap(([, all]) => {
        const ours = values.map(orNotANumber);
        // A softmax at the end of a file is not part of the network.
        return areNumbers(all) ? [relativeError(ours, all), relativeError(probabilities(ours), all)] : [];
      }),
  );
  return errors.length === 0 ? null : Math.min(...errors);
}

function areNumbers(values: Numbers): values is readonly number[] {
  return !values.includes(null);
}

function probabilities(values: readonly number[]): number[] {
  const each = values.length / IMAGES;
  return Array.from({ length: IMAGES }, (_, i) => [
    ...softmax(Float32Array.from(values.slice(i * each, (i + 1) * each)), each),
  ]).flat();
}

function orNotANumber(value: number | null): number {
  return value ?? Number.NaN;
}

function fail(place: string, what: string): 'failed' {
  failures += 1;
  console.log(`FAILED: ${place}: ${what.slice(0, MAX_TOLD)}`);
  return 'failed';
}
