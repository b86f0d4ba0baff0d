/**
 * Converts and runs what `own/make.py` wrote, and compares it with its list. A file is right if embedding, scores and
 * all named layers are PyTorch's or onnxruntime's. Other files must give a coded error. The engine is simd if none is named.
 *     node dist/spec/ci/own.js FOLDER [PART [ENGINE]]
 * With PART only cases whose name has it. Prints every file that is not what is expected, and the counts.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { convertCheckpoint } from '../../convert/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { caseFolders, networkOutputs, readCase } from '../support/network-outputs.js';
import { readNpy } from '../support/npz-file.js';

type Expected = 'right' | 'refused' | 'asked' | 'clear';

interface Answer {
  head?: string;
  tap?: string;
  classes?: string[];
}

interface Case {
  name: string;
  expected: Expected;
  /** Options of the conversion that answer what is asked. */
  answer: Answer | null;
  /** Beginnings of files in which `right` may be refused. */
  may_refuse: string[] | null;
  side: number;
  files: string[];
  /** Layer → file of its values; `:embedding` and `:scores` are those of the network. */
  values: Record<string, string>;
  /** The same where each image was in a batch of its own, as in a file for one image; empty if it makes no difference. */
  alone: Record<string, string>;
}

type Outcome = { kind: 'right' | 'wrong' | 'refused' | 'asked' | 'failed'; told: string };

/** A share of the largest value of a layer: float32 has seven digits, and a softmax of large numbers four. */
const BOUND = 2e-4;
/** Says the placeholder for a batch of any size. */
const PLACEHOLDER = /\b1009\b|\b2018\b/;

const [, , folder = '', part = '', backend = 'simd'] = process.argv;
const counts: Record<Outcome['kind'], number> = { right: 0, wrong: 0, refused: 0, asked: 0, failed: 0 };
const unexpected: string[] = [];
let cases = 0;

for (const name of caseFolders(folder, 'own.js FOLDER [PART [ENGINE]]').filter((one) => one.includes(part))) {
  const each = readCase<Case>(folder, name);
  cases += 1;
  for (const file of each.files) {
    const outcome = await outcomeOf(each, file);
    counts[outcome.kind] += 1;
    if (isExpected(each, file, outcome)) continue;
    unexpected.push(`${each.name}/${file}: ${outcome.kind}, expected ${each.expected}: ${outcome.told}`);
    console.log(unexpected.at(-1));
  }
}
const told = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
console.log(`${cases} cases: ${told.join(', ')}; ${unexpected.length} not as expected`);
process.exitCode = cases > 0 && counts.right > 0 && unexpected.length === 0 ? 0 : 1;

/** A file for one image alone has no batch that could be a number, and one for a batch of two may be refused as such. */
function isExpected({ expected, answer, may_refuse: mayRefuse }: Case, file: string, { kind, told }: Outcome): boolean {
  if (kind === 'wrong' || kind === 'failed' || PLACEHOLDER.test(told)) return false;
  if (expected === 'clear') return true;
  if (kind === 'refused' && mayRefuse?.some((start) => file.startsWith(start))) return true;
  if (expected === 'refused') return kind === 'refused' || (kind === 'right' && file.includes('static'));
  return kind === (expected === 'asked' && answer === null ? 'asked' : expected);
}

async function outcomeOf(each: Case, file: string): Promise<Outcome> {
  const first = await tried(each, file, {});
  if (first.kind !== 'asked' || each.answer === null) return first;
  const answered = await tried(each, file, each.answer);
  return answered.kind === 'right' ? first : { kind: 'wrong', told: `answered: ${answered.kind}: ${answered.told}` };
}

async function tried(given: Case, file: string, answer: Answer): Promise<Outcome> {
  const isAlone = file.includes('static') && Object.keys(given.alone).length > 0;
  const each = isAlone ? { ...given, values: given.alone } : given;
  const own = join(folder, each.name);
  const weights = join(own, 'weights');
  try {
    const { config } = await convertCheckpoint(join(own, file), weights, {
      mean: [0.5],
      std: [0.5],
      size: [each.side, each.side],
      overwrite: true,
      ...answer,
    });
    const { modules } = networkGraph(config);
    const names = Object.keys(each.values).filter((name) => modules.has(name));
    const wrong = [];
    const taps = [config.tap, ...names];
    wrong.push(...(await differences(each, own, taps, 3)), ...(await differences(each, own, taps, 1)));
    return { kind: wrong.length === 0 ? 'right' : 'wrong', told: wrong.join('; ') };
  } catch (error) {
    if (!(error instanceof CodedError)) return { kind: 'failed', told: String(error) };
    const told = `${error.code}: ${error.message} ${error.hint ?? ''}`;
    return { kind: error.exitCode === 2 ? 'asked' : 'refused', told: told.slice(0, 400) };
  } finally {
    rmSync(weights, { recursive: true, force: true });
  }
}

/** What differs in the first images, all in one batch. */
async function differences({ values }: Case, own: string, taps: string[], batch: number): Promise<string[]> {
  const [embedding = ''] = taps;
  const tap = [...new Set(taps)];
  const options = { tap, backend, threads: 0, batch, isFirst: true } as Parameters<typeof networkOutputs>[2];
  const outputs = await networkOutputs(join(own, 'weights'), join(own, 'pixels.npy'), options);
  const found = new Map<string, readonly number[]>([...outputs.taps, [':embedding', outputs.taps.get(embedding)!]]);
  if (outputs.scores.length > 0) found.set(':scores', outputs.scores);
  const told: string[] = [];
  if (':scores' in values !== found.has(':scores')) told.push(found.has(':scores') ? 'has scores' : 'has no scores');
  for (const [name, data] of found) {
    const truth = values[name];
    if (truth === undefined) continue;
    const error = await errorOf(data, join(own, truth), batch);
    if (!(error <= BOUND)) told.push(`${name}, batch ${batch}: ${error}`);
  }
  return told;
}

/** The largest difference, of the largest value; infinite if there are not as many values. */
async function errorOf(found: readonly number[], file: string, rows: number): Promise<number> {
  const all = await readNpy(file);
  const truth = all.subarray(0, (all.length / 3) * rows);
  if (truth.length !== found.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (const [i, value] of truth.entries()) {
    // A large number stands for infinity, which a weights folder does not have.
    if (!Number.isFinite(value)) continue;
    difference = Math.max(difference, Math.abs(value - found[i]!));
    largest = Math.max(largest, Math.abs(value));
  }
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference / Math.max(largest, 1e-6);
}
