/** What a browser made of the bundled samples, beside what Node makes of them. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openEvents } from '../../data/index.js';
import { Embedder } from '../../engine/index.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { fitProfileFromEvents, measureWindows } from '../../pipeline/measure/index.js';
import { jpeg } from '../support/image-files.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, collect, temporaryFolder } from '../support/test.js';
import { bundledPath, call, MODEL, SETS, WEIGHTS } from './served-bundle.js';

export interface Judged {
  tables: number[][];
  drift: unknown;
  page: string;
  rows: number[];
  rejections: string;
  threads: number;
}

/** The expression that a page evaluates. */
export function judgeCall(): string {
  const photo = jpeg({ width: 32, height: 32, data: pixels('photo', 3 * 32 * 32) });
  return call('judge', WEIGHTS, SETS, [...photo]);
}

/** Events and drift have the bits of Node. @param isolated it may have threads */
export async function assertJudged(found: Judged, isolated: boolean): Promise<void> {
  assert.is(found.threads > 0, isolated, `${found.threads} threads`);
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'events'));
  const embedder = await Embedder.load(MODEL, { precision: 'reproducible' });
  const tables = ['baseline', 'week'].map((name) => join(folder, 'events', `${name}.parquet`));
  for (const [i, table] of tables.entries()) {
    const images = join(folder, 'images', basename(table, '.parquet'), SETS[i]!);
    mkdirSync(dirname(images), { recursive: true });
    copyFileSync(bundledPath(SETS[i]!), images);
    await embedImages(embedder, images, table);
    const made = join(folder, `${i}.parquet`);
    writeFileSync(made, Uint8Array.from(found.tables[i]!));
    assert.equal(await rowsOf(made), await rowsOf(table));
  }
  await embedder.close();
  const profile = await fitProfileFromEvents(tables[0]!, { clusters: 5 });
  const { report } = await measureWindows(profile, [tables[1]!], { exemplars: 5 });
  assert.equal(found.drift, JSON.parse(JSON.stringify(report)));
  assert.match(found.page, /data:image\/(png|jpeg);base64,/);
  assert.equal(found.rows, [profile.rows, profile.rows, 1]);
  assert.match(found.rejections, /^\{"key":"b\.jpg","code":"IMAGE_FORMAT/);
}

/** What is in a table of events, numbers as the sha256 of their bits. */
export async function rowsOf(table: string): Promise<unknown> {
  const events = await openEvents(table);
  const batches = await collect(events.batches());
  await events.close();
  return batches.map(({ eventIds, embeddings, scores, targets, statistics }) => {
    const columns = [embeddings, scores, ...statistics.values()];
    return { eventIds, targets, names: [...statistics.keys()], bits: columns.map((one) => one && sha256(one)) };
  });
}

function sha256(values: Float32Array): string {
  return createHash('sha256').update(values).digest('hex');
}
