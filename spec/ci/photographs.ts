/**
 * Exits with 1 if embeddings of photographs are further from PyTorch's float64 than twice PyTorch's float32 is.
 * Arguments: the output of `embed`, and the file that `photographs.py` writes.
 */
import { readWholeArray } from '../support/npz-file.js';
import { relativeError } from '../support/relative-error.js';

/** The worst of a few images: float32's own luck. */
const FLOOR = 1e-6;

const [ours, theirs] = process.argv.slice(2) as [string, string];
const [got, exact, single] = await Promise.all([
  readWholeArray(ours, 'embeddings'),
  readWholeArray(theirs, 'embeddings'),
  readWholeArray(theirs, 'float32'),
]);
const [error, bound] = [relativeError(got.values, exact.values), relativeError(single.values, exact.values)];
console.log(
  `${ours}: ${got.shape.join('×')}, ${error.toExponential(1)} of the largest value from float64; PyTorch ${bound.toExponential(1)}`,
);
const sameRows = got.shape[0] === exact.shape[0];
process.exitCode = sameRows && error <= Math.max(2 * bound, FLOOR) ? 0 : 1;
