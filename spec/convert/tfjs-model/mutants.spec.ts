/** Damaged models of TensorFlow.js, by seed: a coded error, or a network whose graph goes through a weights folder. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, Random } from '../../../base/index.js';
import { inferShapes, onlySize } from '../../../graph/index.js';
import { graphOf, storedGraph } from '../../../graph/stored/index.js';
import { mutateJsonFile } from '../../support/exported-program.js';
import { tfjsFolder } from '../../support/image-files.js';
import { networkOf } from '../../support/onnx-file.js';
import { amount, assert, temporaryFolder, test } from '../../support/test.js';

const names = readdirSync(tfjsFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const MUTANTS = amount(1500, 100);
/** Milliseconds of the processor; the slowest fixture takes a tenth of it. */
const LIMIT = 3000;

test(`${MUTANTS} damaged models: a coded error, or a network`, async () => {
  const random = new Random(15);
  const work = temporaryFolder();
  for (const name of names) cpSync(join(tfjsFolder, name), join(work, name), { recursive: true });
  let [refused, read] = [0, 0];
  for (let i = 0; i < MUTANTS; i++) {
    const name = names[random.below(names.length)]!;
    const told = mutateJsonFile(join(tfjsFolder, name, 'model.json'), join(work, name, 'model.json'), random);
    const start = process.cpuUsage();
    try {
      const { graph } = await networkOf(join(work, name, 'model.json'));
      const stored = graphOf(storedGraph(graph));
      inferShapes(stored, onlySize(stored) ?? { height: 64, width: 64 });
      read += 1;
    } catch (error) {
      assert.ok(error instanceof CodedError, `mutant ${i} of ${name}, ${told}: ${(error as Error).stack}`);
      refused += 1;
    }
    const milliseconds = process.cpuUsage(start).user / 1000;
    assert.ok(milliseconds < LIMIT, `mutant ${i} of ${name}, ${told}, took ${milliseconds} ms`);
  }
  assert.ok(refused > MUTANTS / 4 && read > MUTANTS / 10, `${refused} refused, ${read} read`);
});
