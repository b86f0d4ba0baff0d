/**
 * Runs the steps of a build in order, except for steps with a fresh stamp. Then removes outputs that no step makes any
 * more.
 *
 * A step is an object with
 * - `name`: unique in the list,
 * - `key`: its tool's version and its settings, as a string,
 * - `sources()`: the files that it is known to depend on before it runs (paths from the root, `/` between names),
 * - `run(isIntact)`: runs the step and gives `{ read, wrote, failure }`: the files that it depends on, its outputs, and
 *   a message if it has failed. `isIntact` is true if its outputs have not changed since its last run. It may throw as
 *   well.
 */
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { filesIn } from './files.mjs';
import { digestOf, Stamps } from './stamps.mjs';

/** A change of these scripts counts as a change of every step. */
const SCRIPTS = digestOf(
  readdirSync(import.meta.dirname)
    .sort()
    .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
    .join('\0'),
);
/** The folders of the outputs: of the package, and of its emulator. */
const OUTPUTS = ['dist', 'fiddler/emulator/dist'];
/** The files that the compiler writes. Any other file there is removed only if a step is known to have made it. */
const COMPILED = /\.(js|js\.map|d\.ts)$/;

/**
 * @param force runs every step
 * @param report is called for each step with its name, and the seconds that it took, or null if there was nothing to do
 * @returns the names of the steps that ran, and the files that were removed
 */
export async function runSteps(root, steps, { force = false, report = () => {} } = {}) {
  const stamps = new Stamps(root);
  const ran = [];
  const removed = [];
  const clean = (paths) => {
    const made = new Set(steps.flatMap(({ name }) => stamps.outputs(name)));
    const dead = paths.filter((path) => !made.has(path));
    for (const path of dead) remove(root, path);
    removed.push(...dead);
  };
  for (const step of steps) {
    const before = stamps.outputs(step.name);
    const seconds = await runStep(stamps, step, force);
    report(step.name, seconds);
    if (seconds === null) continue;
    ran.push(step.name);
    // Immediately, because the next steps may read whole folders.
    clean(before);
  }
  // Outputs of steps that are no longer in the list, and outputs without a stamp.
  clean(stamps.forgetOthers(steps.map(({ name }) => name)));
  clean(OUTPUTS.flatMap((folder) => filesIn(root, folder)).filter((path) => COMPILED.test(path)));
  return { ran, removed };
}

/** @returns the seconds that the step took; null if its stamp is fresh */
async function runStep(stamps, step, force) {
  const key = `${SCRIPTS} ${step.key}`;
  const sources = step.sources();
  if (!force && stamps.isFresh(step.name, key, sources)) return null;
  const started = performance.now();
  const isIntact = !force && stamps.hasIntactOutputs(step.name);
  stamps.begin(step.name);
  const { read, wrote, failure = null } = await step.run(isIntact);
  stamps.remember(step.name, failure === null ? key : null, [...sources, ...read], wrote);
  if (failure !== null) throw new Error(`${step.name}: ${failure}`);
  return (performance.now() - started) / 1000;
}

/** Removes the file, and the folders that are empty then. */
function remove(root, path) {
  rmSync(join(root, path), { force: true });
  for (let folder = dirname(path); folder !== 'dist' && folder !== '.'; folder = dirname(folder)) {
    try {
      rmdirSync(join(root, folder));
    } catch {
      return;
    }
  }
}
