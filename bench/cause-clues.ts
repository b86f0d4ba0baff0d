/**
 * What `fit_causes.py` fits the weights of names to: the clues of windows whose images were changed in known ways.
 *
 *     node dist/bench/cause-clues.js OUT.jsonl FOLDER…
 *
 * Each folder is a set as `causes.py` makes it (`npm run bench -- causes --sets`): `baseline.npz`, and a window in each other
 * file. A line has the set, the window's name, its clues, what the rules name, and which names have a statistic that moved.
 */
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { imageLooks, imageStatistics, openImages } from '../data/index.js';
import { cluesOf } from '../drift/causes/clues.js';
import { columnChanges } from '../drift/causes/column-changes.js';
import { NAME_WEIGHTS } from '../drift/causes/name-weights.js';
import { ownCause } from '../drift/causes/own-statistics.js';
import { ruledCauses } from '../drift/causes/ruled-causes.js';
import { GridTally } from '../drift/images/grid-tally.js';
import { withRelativeStatistics } from '../drift/index.js';
import { edgesOf, summaries } from '../spec/drift/support-causes.js';

/** Level of a cause in reports. */
const ALPHA = 0.01;

async function looked(path: string) {
  const images = await openImages(path);
  const columns: Record<string, number[]> = {};
  const grid = new GridTally();
  let rows = 0;
  for await (const batch of images.batches(256)) {
    const statistics = withRelativeStatistics(Object.fromEntries(imageStatistics(batch)));
    for (const [name, values] of Object.entries(statistics)) {
      columns[name] ??= [];
      columns[name].push(...Array.from(values));
    }
    for (const look of imageLooks(batch)) grid.add(look.grid);
    rows += batch.rows;
  }
  await images.close();
  return { columns, grid: grid.counts(), rows };
}

const [out, ...folders] = process.argv.slice(2);
if (out === undefined) throw new Error('cause-clues OUT.jsonl FOLDER…');
writeFileSync(out, '');
for (const folder of folders) {
  const before = await looked(join(folder, 'baseline.npz'));
  const edges = edgesOf(before.columns);
  const baseline = summaries(before.columns, edges);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.npz') && name !== 'baseline.npz')) {
    const after = await looked(join(folder, file));
    const changes = columnChanges(baseline, summaries(after.columns, edges));
    const grids = { baseline: before.grid, window: after.grid, effectiveRows: after.rows };
    const told = ruledCauses(changes, grids, ALPHA);
    const line = {
      ...{ set: basename(folder), window: basename(file, '.npz'), told: told.map(({ kind }) => kind) },
      clues: Object.fromEntries(cluesOf(changes, grids, told)),
      own: Object.keys(NAME_WEIGHTS).filter((kind) => ownCause(kind, changes, grids, ALPHA) !== null),
      least_p: Math.min(1, ...[...changes.values()].map(({ p }) => p * changes.size)),
    };
    appendFileSync(out, `${JSON.stringify(line)}\n`);
  }
}
