/**
 * How often a real change is detected: twelve corruptions of CIFAR-10 images, windows of 100, 300 and 1,000 rows, the
 * default of `drift` and each method that votes in it, beside other tools. In each trial a random half of the images is
 * the baseline, and windows come from the other half. Our methods alarm as for a user: at p ≤ 0.05, the default after
 * its correction. The others get the same embeddings and baseline rows, and alarm where their number is above that of
 * 95 % of clean windows of the same size. Differences are paired, as all see the same windows.
 * Needs the shared data. `IMAGE_DRIFT_PYTHON` names a Python with alibi-detect (PyTorch), frouros and evidently;
 * without it only our methods are measured. `--sets FOLDER` keeps embeddings and finished trials for the next run.
 *
 *     npm run bench -- power [--trials 60] [--seed 1] [--sets FOLDER]
 */
import { join } from 'node:path';
import { GRADED_CORRUPTION_NAMES } from '../data/index.js';
import { DEFAULT_METHODS } from '../drift/index.js';
import { temporaryFolder } from '../spec/support/places.js';
import { CONDITIONS, conditionsIn, LEVEL } from './power-sets.js';
import {
  AlarmTable,
  appendTold,
  askPeers,
  DEFAULT,
  drawTrial,
  readTold,
  SIZES,
  standardErrorOf,
  toldByUs,
} from './power-trials.js';
import { flagsOf, writeResults } from './results.js';
import { mean } from './rows.js';

const flags = flagsOf({ trials: '60', seed: '1', sets: undefined });
const [trials, seed] = [Number(flags.trials), Number(flags.seed)];
const OURS = [DEFAULT, ...DEFAULT_METHODS];
const COMMAND = `npm run bench -- power --trials ${trials} --seed ${seed}`;

const folder = flags.sets ?? temporaryFolder();
const conditions = await conditionsIn(folder);
const drawn = Array.from({ length: trials }, (_, trial) => drawTrial(trial, seed));
const table = new AlarmTable([...ours(), ...peers()], OURS);
const others = table.tools.filter((tool) => !OURS.includes(tool));
print();
console.log(`written to ${await writeResults('power.csv', CONDITIONS.flatMap(rowsOf))}`);

function ours() {
  const path = join(folder, `told-by-us-${seed}.jsonl`);
  const known = readTold(path).length;
  for (const trial of drawn.slice(known)) {
    appendTold(path, { trial: trial.trial, told: toldByUs(trial, seed, conditions) });
    process.stderr.write(`ours: ${trial.trial + 1} of ${trials}\n`);
  }
  return readTold(path).slice(0, trials);
}

function peers() {
  const python = process.env['IMAGE_DRIFT_PYTHON'];
  if (python === undefined) return [];
  const path = join(folder, `told-by-others-${seed}.jsonl`);
  askPeers(python, drawn.slice(readTold(path).length), conditions, path);
  return readTold(path).slice(0, trials);
}

function rowsOf(corruption: string, condition: number) {
  return SIZES.flatMap((size) => {
    const best = table.best(others, size, condition);
    return table.tools.map((tool) => {
      const share = table.share(tool, size, condition);
      const lead = tool === DEFAULT && best !== null ? table.lead(best, size, condition) : null;
      return {
        corruption,
        level: GRADED_CORRUPTION_NAMES.some((name) => name === corruption) ? LEVEL : '',
        window_rows: size,
        method: tool,
        windows: trials,
        share: share.toFixed(3),
        standard_error: standardErrorOf(share, trials).toFixed(3),
        best_other: lead === null ? '' : best!,
        less_best_other: lead === null ? '' : lead.value.toFixed(3),
        its_paired_standard_error: lead === null ? '' : lead.standardError.toFixed(3),
        command: COMMAND,
      };
    });
  });
}

function print(): void {
  const shares = (condition: number, size: number) =>
    Object.fromEntries(table.tools.map((tool) => [tool, table.share(tool, size, condition).toFixed(2)]));
  console.table(
    CONDITIONS.flatMap((corruption, condition) =>
      SIZES.map((size) => ({ corruption, size, ...shares(condition, size) })),
    ),
  );
  // The first has no change.
  const changed = CONDITIONS.slice(1).flatMap((_, i) => SIZES.map((size) => ({ size, condition: i + 1 })));
  console.table(
    table.tools.map((tool) => ({
      tool,
      mean: mean(changed.map(({ size, condition }) => table.share(tool, size, condition))).toFixed(3),
    })),
  );
}
