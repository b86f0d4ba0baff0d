import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { plainSchema, writeEvents } from '../data/support/event-tables.js';
import { assert, endedWith, printedJson, runCli, temporaryFolder, test } from '../support/test.js';

const CLASSES = ['shirt', 'coat', 'bag', 'boot'];
const folder = temporaryFolder();

/** So many rows of each class, which is predicted with a score of 1. */
async function writePredictions(name: string, counts: readonly number[]): Promise<void> {
  const random = new Random(3);
  const classes = counts.flatMap((count, c) => new Array<number>(count).fill(c));
  const rows = classes.length;
  const nothing = classes.map(() => null);
  const batch = {
    rows,
    embeddings: Float32Array.from({ length: 2 * rows }, () => random.normal()),
    scores: Float32Array.from(classes.flatMap((c) => CLASSES.map((_, i) => (i === c ? 1 : 0)))),
    ...{ targets: nothing, imageUrls: nothing, timestamps: nothing, eventIds: nothing },
    statistics: new Map(),
    extraTaps: new Map(),
  };
  const bare = { hasTargets: false, hasImageUrls: false, hasTimestamps: false, hasEventIds: false };
  await writeEvents(join(folder, name), { ...plainSchema, ...bare, dimensions: 2, classes: CLASSES }, [batch]);
}

test('a window that predicts only classes that the baseline never does: drift, and an answer', async () => {
  await writePredictions('baseline.parquet', [1206, 1294, 0, 0]);
  await writePredictions('window.parquet', [0, 0, 8, 12]);
  endedWith(0, runCli(['baseline', 'baseline.parquet'], { cwd: folder }));
  const args = ['drift', 'window.parquet', '--baseline', 'profile.json', '--methods', 'labels', '--json'];
  const { labels } = printedJson(runCli(args, { cwd: folder })).windows[0].methods;
  assert.is(labels.verdict, 'drift');
  assert.ok(labels.low > 0.6 && labels.low <= labels.value && labels.value <= labels.high, JSON.stringify(labels));
});
