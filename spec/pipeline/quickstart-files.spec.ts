import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dayStamp } from '../../fiddler/publish/index.js';
import { cacheFolder } from '../../files/system/index.js';
import { gatherFiles, QUICKSTART_SETS } from '../../pipeline/index.js';
import { quickstartTimestamps, quickstartWeeks } from '../../pipeline/quickstart/weeks.js';
import { type FileServer, serveFile } from '../support/site.js';
import { assert, refusal, suite, temporaryFolder } from '../support/test.js';

interface Context {
  folder: string;
  data: string;
  weights: string;
  server: FileServer;
}

const files = suite<Context>('quickstart files');

files.before.each(async (context) => {
  context.folder = temporaryFolder();
  context.data = join(context.folder, 'data');
  for (const { name } of QUICKSTART_SETS) {
    mkdirSync(join(context.data, name), { recursive: true });
    writeFileSync(join(context.data, name, 'image_data.npz'), `images of ${name}`);
  }
  context.weights = join(context.folder, 'model.pth');
  writeFileSync(context.weights, 'weights');
  context.server = await serveFile(Buffer.from('not the checkpoint'));
});

files.after.each(({ server }) => server.close());

files('given files are taken, and told not to be the ones of the notebook', async ({ data, weights }) => {
  const { checkpoint, sets } = await gatherFiles({ data, weights });
  assert.is(checkpoint.path, weights);
  assert.is(sets.length, 4);
  for (const file of [checkpoint, ...sets]) {
    assert.is(file.origin, 'given');
    assert.is(file.isOriginal, false);
    assert.match(file.sha256, /^[0-9a-f]{64}$/);
  }
});

files('a wrong --data is told before anything is downloaded', async ({ folder, server }) => {
  const { message, hint } = await refusal('QUICKSTART_DATA_MISSING', () =>
    gatherFiles({ data: join(folder, 'nowhere'), baseUrl: server.url, cache: join(folder, 'cache') }),
  );
  assert.match(message, join('nowhere', 'reference', 'image_data.npz'));
  assert.match(hint as string, 'production_3');
  assert.is(server.seen.length, 0);
});

files('a given Git LFS pointer is explained', async ({ data, weights }) => {
  writeFileSync(weights, 'version https://git-lfs.github.com/spec/v1\noid sha256:14959d08\nsize 45052489\n');
  const { message, hint } = await refusal('LFS_POINTER', () => gatherFiles({ data, weights }));
  assert.match(message, 'model.pth: is a Git LFS pointer to a file of 45,052,489 bytes');
  assert.match(hint as string, 'git lfs pull');
});

files('what a mirror has under the name is checked, and is not left in the cache', async ({ data, folder, server }) => {
  const baseUrl = server.url.replace('/file.bin', '/mirror');
  const cache = join(folder, 'cache');
  const { message } = await refusal('DOWNLOAD_LENGTH', () => gatherFiles({ data, baseUrl, cache }));
  assert.match(message, '/mirror/models/resnet18_cifar10_epoch5.pth: has 18 bytes, 45,052,489 were expected');
  assert.equal(server.seen[0]?.path, '/mirror/models/resnet18_cifar10_epoch5.pth');
  const left = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(left, []);
  assert.not.ok(existsSync(join(cache, 'quickstart', 'models', 'resnet18_cifar10_epoch5.pth')));
});

files('the cache is where the user wants it', () => {
  assert.is(cacheFolder({ IMAGE_DRIFT_CACHE: '/a/b', XDG_CACHE_HOME: '/x' }), '/a/b');
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/x' }), join('/x', 'image-drift'));
  assert.match(cacheFolder({ XDG_CACHE_HOME: 'relative' }, 'linux')!, /\.cache.image-drift$/);
  assert.match(cacheFolder({}, 'linux')!, /\.cache.image-drift$/);
});

files('the weeks are those of the notebook: oldest first, a day without data between them', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  const day = 86_400_000;
  const timestamps = quickstartTimestamps(now, 0);
  const weeks = quickstartWeeks(timestamps, null);
  assert.equal(
    weeks.map(({ name, from, to, events }) => [name, (now - from) / day, (now - to) / day, events]),
    [
      ['production_1', 19, 14, 6_000],
      ['production_2', 12, 7, 6_000],
      ['production_3', 5, 0, 6_000],
    ],
  );
  assert.is(dayStamp(timestamps, 3, 0, 5), now - 19 * day);
});
