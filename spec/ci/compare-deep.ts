/**
 * Compares our levels of images of 16 bits with NumPy's, for files that `make_deep.py` made by chance.
 *     node dist/spec/ci/compare-deep.js FOLDER
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type DeepCase, deepLevels } from '../support/deep-cases.js';

const folder = process.argv[2]!;
const cases = JSON.parse(readFileSync(join(folder, 'deep.json'), 'utf8')) as Record<string, DeepCase[]>;
let compared = 0;
for (const [name, ranges] of Object.entries(cases)) {
  for (const { range, ...wanted } of ranges) {
    const found = await deepLevels(join(folder, name), range);
    compared++;
    if (isDeepStrictEqual(found, wanted)) continue;
    console.log(`${name}, range ${range}: ${JSON.stringify(found)}, NumPy ${JSON.stringify(wanted)}`);
    process.exitCode = 1;
  }
}
if (compared === 0) process.exitCode = 1;
console.log(`${compared} times a file of 16 bits and a range: ${process.exitCode ? 'some differ' : 'NumPy’s levels'}`);
