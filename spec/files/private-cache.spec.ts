import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemoteStore } from '../../files/download/index.js';
import { CacheFile } from '../../files/index.js';
import { Kept } from '../../pipeline/explain/kept.js';
import { convertOnce } from '../../pipeline/weights/convert-once.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { serveFile } from '../support/site.js';
import { assert, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const others = (path: string) => statSync(path).mode & 0o077;

/** Files that another user can reach and read. */
function readable(root: string): string[] {
  if (others(root) === 0) return [];
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    const path = join(root, entry.name);
    return entry.isDirectory() ? readable(path) : others(path) === 0 ? [] : [path];
  });
}

if (process.platform === 'win32') console.log('SKIPPED (Windows has no such modes): rights of caches');
else {
  test('a cache that is made, each part of it', async () => {
    const cache = join(folder, 'new');
    process.env['IMAGE_DRIFT_CACHE'] = cache;
    new CacheFile(join(cache, 'rates.json'), (value): value is object => value !== null).set('a', { rate: 1 });
    assert.is(others(join(cache, 'rates.json')), 0);
    await new Kept(true).get(['key'], async () => ({ embeddings: Float32Array.of(1, 2) }));
    const weights = join(folder, 'model.safetensors');
    writeSafetensors(weights, pseudoWeights({ backbone: 'resnet18', head: [], classes: 2 }).tensors);
    await convertOnce({ path: weights } as Parameters<typeof convertOnce>[0], 'm', {});
    const server = await serveFile(Buffer.from('pixels'));
    const store = new RemoteStore({ most: 1000, cache: join(folder, 'images') });
    await store.read(server.url);
    await store.close();
    await server.close();
    for (const root of [cache, join(folder, 'images')]) {
      assert.is(others(root), 0, root);
      assert.ok(readdirSync(root).length > 0);
    }
    assert.is(others(join(cache, 'explain')), 0);
    for (const name of readdirSync(join(cache, 'explain'))) assert.is(others(join(cache, 'explain', name)), 0);
  });

  test('in a folder that is shared on purpose, embeddings and images are not', async () => {
    const cache = join(folder, 'shared');
    process.env['IMAGE_DRIFT_CACHE'] = cache;
    for (const made of [cache, join(cache, 'explain')]) {
      mkdirSync(made);
      chmodSync(made, 0o755);
    }
    writeFileSync(join(cache, 'explain', 'old.bin'), 'an earlier version');
    chmodSync(join(cache, 'explain', 'old.bin'), 0o644);
    await new Kept(true).get(['key'], async () => ({ embeddings: Float32Array.of(1, 2) }));
    assert.is(others(cache), 0o055);
    assert.equal(readable(cache), []);
  });
}
