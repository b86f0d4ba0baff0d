/**
 * Converts the networks of `forwards/make.py`, whose tensors do not say how they are used. Each gives its own program's
 * embedding and scores in float64, or a coded error. Other numbers without a message always fail.
 *     node dist/spec/ci/forwards.js FOLDER
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { caseFolders, networkOutputs, readCase } from '../support/network-outputs.js';
import { readNpy } from '../support/npz-file.js';
import { relativeError } from '../support/relative-error.js';

interface Case {
  checkpoint: string;
  /** `right`, `refused`, `asked` or `said`, or several of them. */
  expected: string;
  options: ConvertOptions;
  /** Options that answer the question. */
  answer: ConvertOptions | null;
}

type Outcome = 'right' | 'wrong' | 'said' | 'refused' | 'asked';

/** A share of the largest value. float32 makes errors of 1e-6. */
const MOST_ERROR = 1e-5;

async function outcomeOf(folder: string, checkpoint: string, options: ConvertOptions): Promise<[Outcome, string]> {
  const weights = join(folder, 'weights');
  try {
    const { config } = await convertCheckpoint(join(folder, checkpoint), weights, { ...options, overwrite: true });
    const errors = await errorsIn(folder, weights);
    const { assumed = [], leftOut = [] } = config.provenance;
    const told = `${config.backbone}: ${errors.map(([what, error]) => `${what} ${error.toExponential(1)}`).join(', ')}; ${assumed.join('; ')}; left out: ${leftOut.join()}`;
    const isRight = errors.length > 0 && errors.every(([, error]) => error <= MOST_ERROR);
    if (isRight) return ['right', told];
    return [assumed.some((text) => /activation|nothing stands/.test(text)) ? 'said' : 'wrong', told];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const told = `${error.code} ${error.message} ${error.hint ?? ''}`.replaceAll('\n', ' ');
    return [error.exitCode === 2 && /--\w/.test(error.hint ?? '') ? 'asked' : 'refused', told];
  } finally {
    rmSync(weights, { recursive: true, force: true });
  }
}

/** The largest difference of each of embedding and scores, as a share of the largest value. */
async function errorsIn(folder: string, weights: string): Promise<[what: string, error: number][]> {
  const { taps, scores } = await networkOutputs(weights, join(folder, 'pixels.npy'), { backend: 'simd' });
  const ours = { embedding: [...taps.values()][0]!, scores };
  const errors: [string, number][] = [];
  for (const [what, values] of Object.entries(ours)) {
    const path = join(folder, `${what}.npy`);
    if (!existsSync(path)) continue;
    errors.push([what, relativeError(values, await readNpy(path))]);
  }
  return errors;
}

const [root = ''] = process.argv.slice(2);
const counts = new Map<string, number>();
let failed = 0;
for (const name of caseFolders(root, 'forwards.js FOLDER')) {
  const folder = join(root, name);
  const { checkpoint, expected, options, answer } = readCase<Case>(folder);
  const [outcome, told] = await outcomeOf(folder, checkpoint, options);
  const answered = answer === null ? null : await outcomeOf(folder, checkpoint, answer);
  const isGood = expected.split(' or ').includes(outcome) && (answered === null || answered[0] === 'right');
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (!isGood) failed++;
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${name}: ${outcome} (${expected}): ${told}`);
  if (answered !== null) console.log(`         answered: ${answered[0]}: ${answered[1]}`);
}
console.log([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', '));
console.log(`${failed} of ${[...counts.values()].reduce((a, b) => a + b, 0)} not as expected`);
process.exitCode = failed === 0 && counts.size > 0 ? 0 : 1;
