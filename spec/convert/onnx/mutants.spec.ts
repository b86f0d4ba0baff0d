/** Damaged ONNX files, by seed: a coded error, or a network whose graph goes through a weights folder. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, Random } from '../../../base/index.js';
import { inferShapes } from '../../../graph/index.js';
import { graphOf, storedGraph } from '../../../graph/stored/index.js';
import { mutate } from '../../support/mutate.js';
import { networkOf } from '../../support/onnx-file.js';
import { amount, assert, fixtures, temporaryFolder, test } from '../../support/test.js';

const folder = join(fixtures, 'onnx');
const files = readdirSync(folder).filter((name) => name.endsWith('.onnx'));
const MUTANTS = amount(1500, 120);
/** Milliseconds; the slowest fixture takes a tenth of it. */
const LIMIT = 5000;

test(`${MUTANTS} damaged files: a coded error, or a network`, async () => {
  const random = new Random(15);
  const path = join(temporaryFolder(), 'mutant.onnx');
  let [refused, read] = [0, 0];
  for (let i = 0; i < MUTANTS; i++) {
    const name = files[random.below(files.length)]!;
    const { bytes, told } = mutate(readFileSync(join(folder, name)), random);
    writeFileSync(path, bytes);
    const start = Date.now();
    try {
      const { graph } = await networkOf(path);
      inferShapes(graphOf(storedGraph(graph)), { height: 64, width: 64 });
      read += 1;
    } catch (error) {
      assert.ok(error instanceof CodedError, `mutant ${i} of ${name}, ${told}: ${(error as Error).stack}`);
      refused += 1;
    }
    assert.ok(Date.now() - start < LIMIT, `mutant ${i} of ${name} took ${Date.now() - start} ms`);
  }
  assert.ok(refused > MUTANTS / 10, `${refused} refused, ${read} read`);
});
