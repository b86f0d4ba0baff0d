/** Exits with 1 if the embeddings of two files by `embed` differ by more than 2e-5 of the largest; arguments: both. */
import { readWholeArray } from '../support/npz-file.js';
import { relativeError } from '../support/relative-error.js';

const ACROSS_BACKENDS = 2e-5;

const [first, second] = process.argv.slice(2) as [string, string];
const [one, other] = await Promise.all([first, second].map((path) => readWholeArray(path, 'embeddings')));
const error = relativeError(one!.values, other!.values);
console.log(`${first} and ${second}: ${one!.shape.join('×')}, ${error.toExponential(1)} of the largest value apart`);
process.exitCode = error <= ACROSS_BACKENDS ? 0 : 1;
