import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openImages } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { Embedder } from '../../engine/index.js';
import { embedImages, explainWindows, fitProfileFromEvents, measureWindows, runDrill } from '../../pipeline/index.js';
import { weightsFolder } from '../../weights/index.js';
import { writeNpz } from '../support/npz-file.js';
import { assert, packageRoot, temporaryFolder, test } from '../support/test.js';

const MODEL = 'fashion-mnist-resnet18';
const folder = temporaryFolder();
const IMAGES = join(folder, 'images.npz');
const ROWS = 240;
const events = join(folder, 'events.csv');
let embedder: Embedder;
let profile: Profile;

async function writeImages(): Promise<void> {
  const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', 'reference.npz'));
  const { height, width } = set;
  for await (const { data, labels } of set.batches(ROWS)) {
    writeNpz(IMAGES, {
      arr_0: { descr: '|u1', shape: [ROWS, height, width, 3], values: data.slice() },
      arr_1: { descr: '<i8', shape: [ROWS], values: BigInt64Array.from(labels.map(Number), BigInt) },
    });
    break;
  }
  await set.close();
}

test.before(async () => {
  await writeImages();
  embedder = await Embedder.load(weightsFolder(MODEL), { backend: 'simd', threads: 1, batch: 32 });
  await embedImages(embedder, IMAGES, events, { saveEvery: 0 });
  profile = await fitProfileFromEvents(events, { restarts: 1 });
});
test.after(() => embedder.close());

/** Aborts once something was done, and gives what the call threw. */
async function aborted(call: (signal: AbortSignal, abort: () => void) => Promise<unknown>): Promise<unknown> {
  const controller = new AbortController();
  try {
    await call(controller.signal, () => controller.abort(new Error('enough')));
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
  throw new Error('it went on to its end');
}

const out = join(folder, 'out.parquet');

test('embedImages: no events, and what was saved is gone on from, with the bytes of a run that was not ended', async () => {
  let done = 0;
  const whole = join(folder, 'whole.parquet');
  await embedImages(embedder, IMAGES, whole, { saveEvery: 0, dataset: 'set' });
  const message = await aborted((signal, abort) =>
    embedImages(embedder, IMAGES, out, {
      ...{ saveEvery: 1e-9, signal, dataset: 'set' },
      onProgress: (images) => {
        done = images;
        if (images > 100) abort();
      },
    }),
  );
  assert.is(message, 'enough');
  assert.ok(done > 100 && done < ROWS, String(done));
  assert.equal(readdirSync(folder).sort(), ['events.csv', 'images.npz', 'out.parquet.parts', 'whole.parquet']);
  const { resumed } = await embedImages(embedder, IMAGES, out, { dataset: 'set' });
  assert.ok(resumed > 0);
  assert.ok(readFileSync(out).equals(readFileSync(whole)));
});

test('embedImages with a signal that was given before: nothing is done', async () => {
  const other = join(folder, 'other.parquet');
  const options = { signal: AbortSignal.abort(new Error('before')), onProgress: () => assert.unreachable() };
  const error: unknown = await embedImages(embedder, IMAGES, other, options).catch((thrown: unknown) => thrown);
  assert.is((error as Error).message, 'before');
  assert.not.ok(existsSync(other) || existsSync(`${other}.parts`));
});

test('a server that is silent is not waited for, neither for a table of its URLs nor for an archive there', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const urls = join(folder, 'urls.csv');
    writeFileSync(urls, `image\n${url}/a.png\n${url}/b.png\n`);
    const other = join(folder, 'of-urls.parquet');
    for (const images of [urls, `${url}/images.tar`]) {
      const calls = [
        (signal: AbortSignal) => embedImages(embedder, images, other, { signal }),
        (signal: AbortSignal) => runDrill(embedder, images, profile, { signal }),
      ];
      for (const call of calls) {
        const message = await aborted((signal, abort) => {
          server.once('request', abort);
          return call(signal);
        });
        assert.is(message, 'enough', images);
      }
    }
    assert.not.ok(existsSync(other));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('runDrill and explainWindows end after the batch under way', async () => {
  const drilled = await aborted((signal, abort) => {
    return runDrill(embedder, IMAGES, profile, { limit: 200, windowSizes: [50], signal, onProgress: () => abort() });
  });
  assert.is(drilled, 'enough');
  let steps = 0;
  const explained = await aborted((signal, abort) =>
    explainWindows(embedder, IMAGES, profile, [events], {
      ...{ rows: 200, looks: 20, keep: false, signal },
      onStep: () => {
        steps++;
        abort();
      },
    }),
  );
  assert.equal([explained, steps], ['enough', 1]);
});

test('fitProfileFromEvents and measureWindows end before the next batch of rows', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  assert.is(await aborted(() => fitProfileFromEvents(events, { signal })), 'enough');
  assert.is(await aborted(() => measureWindows(profile, [events], { signal })), 'enough');
});

test('a process that ends a run and closes its embedder has nothing left that keeps it', () => {
  const script = `
    import { Embedder, embedImages, weightsFolder } from ${JSON.stringify(pathToFileURL(join(packageRoot, 'dist', 'index.js')).href)};
    const embedder = await Embedder.load(weightsFolder(${JSON.stringify(MODEL)}), { backend: 'simd', threads: 2, batch: 32 });
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort() };
    await embedImages(embedder, ${JSON.stringify(IMAGES)}, 'left.parquet', options).catch((error) => console.log(error.name, error.message));
    await embedder.close();
    setTimeout(() => console.log('still there'), 20_000).unref();
  `;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal([stdout, status], ['AbortError This operation was aborted\n', 0]);
  assert.not.ok(existsSync(join(folder, 'left.parquet')));
});
