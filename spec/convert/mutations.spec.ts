/** Damaged checkpoints: a coded error, or the file's content. `mutateArchive(bytes, seed)` repeats a failure. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { amount, assert, fixtures, temporaryFolder, test } from '../support/test.js';
import type { MutationJob, MutationReport } from './mutation-worker.js';

const CHECKPOINTS = [
  'good/bare.pth',
  'good/training.pth',
  'good/views.pth',
  'good/float16.pth',
  'good/bare_legacy.pth',
  'good/views_legacy.pth',
  'good/bare_safetensors.safetensors',
  'good/mixed_safetensors.safetensors',
  // This one would run a command if anything did.
  'refused/calls_beside_weights.pth',
];
const MUTANTS_EACH = amount(60, 20);
/** A mutant takes milliseconds; anything longer is a hang. */
const WATCHDOG_MS = 60_000;
const CANARY = 'image-drift-was-executed';

function run(job: MutationJob): Promise<MutationReport[]> {
  const worker = new Worker(new URL('./mutation-worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const outcomes: MutationReport[] = [];
  let current = 'before the first mutant';
  return new Promise<MutationReport[]>((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${job.path}, ${current}: ${what}`));
    let watchdog = setTimeout(fail, WATCHDOG_MS, 'hangs');
    worker.on('message', (report: MutationReport) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(fail, WATCHDOG_MS, 'hangs');
      current = `seed ${report.seed} (${report.mutation})`;
      if (report.outcome !== undefined) outcomes.push(report);
    });
    worker.on('error', (error: Error) => fail(error.stack ?? error.message));
    worker.on('exit', () => {
      clearTimeout(watchdog);
      resolve(outcomes);
    });
  }).finally(() => worker.terminate());
}

const tally = new Map<string, number>();

for (const [index, name] of CHECKPOINTS.entries()) {
  test(`${MUTANTS_EACH} mutants of ${name}`, async () => {
    const path = join(fixtures, 'convert', name);
    const seeds = Array.from({ length: MUTANTS_EACH }, (_, i) => index * 1000 + i);
    const outcomes = await run({ path, folder: temporaryFolder(), seeds });
    assert.is(outcomes.length, seeds.length);
    for (const { seed, mutation, outcome } of outcomes) {
      assert.not.ok(outcome!.startsWith('FAILED'), `${name}, seed ${seed} (${mutation}): ${outcome}`);
      tally.set(outcome!, (tally.get(outcome!) ?? 0) + 1);
    }
  });
}

test('the mutants reach many different refusals, and some do no harm', () => {
  assert.ok(tally.size >= 15, `only ${[...tally.keys()]}`);
  assert.ok(tally.has('equal') && tally.has('changed') && tally.has('PICKLE_FORBIDDEN'));
  assert.not(existsSync(CANARY), 'nothing was executed');
});
