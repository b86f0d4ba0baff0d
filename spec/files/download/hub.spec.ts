import { chmodSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FetchModelOptions,
  fetchModel,
  type HubModel,
  type HubSettings,
  hubSettings,
  parseHubName,
} from '../../../files/download/hub/index.js';
import { FRUITLESS_TRIES } from '../../../files/download/receive.js';
import { gitBlob, type HubServer, serveHub, sha256 } from '../../support/hub-server.js';
import { assert, readFixture, refusal, suite, temporaryFolder } from '../../support/test.js';

const CONFIG = '{"pretrained_cfg": {}}';
const WEIGHTS = Buffer.alloc(200_000, 'weights ');
const FILES = { 'config.json': CONFIG, 'model.safetensors': WEIGHTS, 'README.md': 'A model.' };

interface Context {
  hub: HubServer;
  settings: HubSettings;
  folder: string;
  notices: string[];
  get(text: string, options?: FetchModelOptions): Promise<HubModel>;
}

const models = suite<Context>('models of the Hub');

models.before.each(async (context) => {
  context.hub = await serveHub();
  const cache = join(temporaryFolder(), 'hub');
  context.settings = { endpoint: context.hub.endpoint, cache, token: null, offline: false };
  context.folder = join(cache, 'models--org--model');
  context.notices = [];
  context.get = (text, options) =>
    fetchModel(text, {
      settings: context.settings,
      pause: async () => {},
      onNotice: (notice) => void context.notices.push(notice),
      ...options,
    });
});

models.after.each(({ hub }) => hub.close());

models('a model lies in the layout of huggingface_hub', async ({ hub, get, folder }) => {
  const commit = hub.push('org/model', FILES);
  const model = await get('hf:org/model');
  const received = CONFIG.length + WEIGHTS.byteLength;
  const fetched = { label: 'hf:org/model', commit, folder: join(folder, 'snapshots', commit), file: null, received };
  assert.equal(model, { ...fetched, hasConfig: true });
  assert.is(readFileSync(join(folder, 'refs/main'), 'utf8'), commit);
  const link = (file: string) => readlinkSync(join(model.folder, file));
  assert.is(link('config.json'), `../../blobs/${gitBlob(Buffer.from(CONFIG))}`);
  assert.is(link('model.safetensors'), `../../blobs/${sha256(WEIGHTS)}`);
  assert.equal(readdirSync(model.folder).sort(), ['config.json', 'model.safetensors']);
  assert.equal(readFileSync(join(model.folder, 'model.safetensors')), WEIGHTS);
  assert.equal(readdirSync(join(folder, 'blobs')).sort(), [gitBlob(Buffer.from(CONFIG)), sha256(WEIGHTS)].sort());
  assert.equal(readdirSync(join(folder, '.no_exist', commit)), ['preprocessor_config.json']);
});

models('the second time one question is asked and nothing is fetched', async ({ hub, get }) => {
  hub.push('org/model', FILES);
  await get('hf:org/model');
  hub.seen.length = 0;
  assert.is((await get('hf:org/model')).received, 0);
  const asked = hub.seen.map(({ method, path }) => `${method} ${path}`);
  assert.equal(asked, ['HEAD /org/model/resolve/main/config.json']);
});

models('a commit that is in the cache is not asked for', async ({ hub, get }) => {
  const commit = hub.push('org/model', FILES);
  await get(`hf:org/model@${commit}`);
  hub.seen.length = 0;
  assert.is((await get(`hf:org/model@${commit}`)).commit, commit);
  assert.equal(hub.seen, []);
});

models('files come from the commit that the first answer named', async ({ hub, get }) => {
  const commit = hub.push('org/model', FILES);
  await get('hf:org/model');
  const later = hub.seen.slice(1).filter(({ at }) => at === 'hub');
  assert.ok(later.length > 0);
  for (const { path } of later) assert.match(path, `/resolve/${commit}/`);
});

models('offline, what is there is used, and nothing is asked for', async ({ hub, get, settings }) => {
  const commit = hub.push('org/model', FILES);
  const online = await get('hf:org/model');
  hub.seen.length = 0;
  for (const options of [{ offline: true }, { settings: { ...settings, offline: true } }]) {
    assert.equal(await get('hf:org/model', options), { ...online, received: 0 });
    assert.is((await get(`hf:org/model@${commit}`, options)).commit, commit);
    await refusal('HUB_NOT_CACHED', () => get('hf:org/other', options), { exitCode: 4, message: settings.cache });
    await refusal('HUB_NOT_CACHED', () => get('hf:org/model/other.pth', options));
  }
  assert.equal(hub.seen, []);
});

models('offline, a preprocessing that nobody knows is not guessed', async ({ hub, get, folder }) => {
  const commit = hub.push('org/model', { ...FILES, 'config.json': '{"model_type": "resnet"}' });
  await get('hf:org/model');
  assert.is((await get('hf:org/model', { offline: true })).commit, commit);
  // As when another program has fetched the model alone.
  rmSync(join(folder, '.no_exist'), { recursive: true });
  await refusal('HUB_NOT_CACHED', () => get('hf:org/model', { offline: true }));
});

models('a Hub that cannot be reached is one try where the model is cached', async ({ hub, get, notices }) => {
  hub.push('org/model', FILES);
  const online = await get('hf:org/model');
  hub.seen.length = 0;
  hub.faults.hub.push({ status: 503 });
  assert.equal(await get('hf:org/model'), { ...online, received: 0 });
  assert.is(hub.seen.length, 1);
  assert.match(notices.at(-1)!, 'what is in the cache is used');
  hub.faults.hub.push(...Array.from({ length: FRUITLESS_TRIES }, () => 'reset' as const));
  await refusal('HUB_UNREACHABLE', () => get('hf:org/other'), { exitCode: 5 });
});

models('a revision that has moved is told, and the new one fetched', async ({ hub, get, folder, notices }) => {
  const before = hub.push('org/model', FILES);
  await get('hf:org/model');
  const after = hub.push('org/model', { ...FILES, 'model.safetensors': Buffer.alloc(1000, 'new') });
  const model = await get('hf:org/model');
  assert.is(model.commit, after);
  assert.equal(notices, [`hf:org/model: main has moved from ${before} to ${after}`]);
  assert.is(model.received, 1000, 'the configuration is the same blob');
  assert.is(readFileSync(join(folder, 'refs/main'), 'utf8'), after);
  assert.is((await get(`hf:org/model@${before}`)).commit, before);
});

models('a download that fails leaves the older commit to offline runs', async ({ hub, get }) => {
  const before = hub.push('org/model', FILES);
  await get('hf:org/model');
  hub.push('org/model', { ...FILES, 'model.safetensors': Buffer.alloc(1000, 'new') });
  hub.faults.cdn.push({ instead: Buffer.alloc(1000, 'bad') });
  await refusal('DOWNLOAD_HASH', () => get('hf:org/model'));
  assert.is((await get('hf:org/model', { offline: true })).commit, before);
});

models('a cut connection goes on where it ended, also in a later run', async ({ hub, get, notices }) => {
  hub.push('org/model', FILES);
  hub.faults.cdn.push({ cutAfter: 70_000 }, ...Array.from({ length: FRUITLESS_TRIES }, () => 'reset' as const));
  await refusal('DOWNLOAD_INTERRUPTED', () => get('hf:org/model'), { hint: 'run this again' });
  assert.ok(notices.length > 0);
  hub.faults.cdn.length = 0;
  hub.seen.length = 0;
  const model = await get('hf:org/model');
  const ranges = hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range);
  assert.equal(ranges, ['bytes=70000-']);
  assert.is(model.received, WEIGHTS.byteLength - 70_000);
  assert.equal(readFileSync(join(model.folder, 'model.safetensors')), WEIGHTS);
});

models('a wrong hash or length is refused, and nothing of it is kept', async ({ hub, get, folder }) => {
  hub.push('org/model', FILES);
  hub.faults.cdn.push({ instead: Buffer.alloc(WEIGHTS.byteLength, 'other') });
  await refusal('DOWNLOAD_HASH', () => get('hf:org/model'), { exitCode: 4, message: sha256(WEIGHTS) });
  hub.faults.cdn.push({ instead: Buffer.alloc(10) });
  await refusal('DOWNLOAD_LENGTH', () => get('hf:org/model'));
  assert.equal(readdirSync(join(folder, 'blobs')), [gitBlob(Buffer.from(CONFIG))]);
});

models('a small file is checked by the id that Git gives it', async ({ hub, get }) => {
  hub.push('org/model', FILES);
  // The first request asks, the next three ask for the others or fetch this one.
  const headers = { etag: `"${'0'.repeat(40)}"`, 'x-repo-commit': '1'.repeat(40), 'content-length': '22' };
  hub.faults.hub.push({ status: 200, headers }, { instead: Buffer.from(CONFIG) });
  await refusal('DOWNLOAD_HASH', () => get('hf:org/model'), gitBlob(Buffer.from(CONFIG)));
});

models('the token goes to the Hub alone', async ({ hub, get, settings }) => {
  hub.push('org/model', FILES);
  hub.repositories.get('org/model')!.token = 'hf_secret';
  settings.token = 'hf_secret';
  await get('hf:org/model');
  const sent = (server: string) => hub.seen.flatMap(({ at, authorization }) => (at === server ? [authorization] : []));
  assert.ok(sent('hub').every((authorization) => authorization === 'Bearer hf_secret'));
  assert.equal(sent('cdn'), [null]);
});

models('a gated or private model says what to do', async ({ hub, get, settings }) => {
  hub.push('org/model', FILES);
  const repository = hub.repositories.get('org/model')!;
  repository.token = 'hf_secret';
  repository.isGated = true;
  await refusal('HUB_GATED', () => get('hf:org/model'), { hint: 'HF_TOKEN', exitCode: 5 });
  settings.token = 'hf_of_somebody_else';
  assert.match((await refusal('HUB_GATED', () => get('hf:org/model'))).hint!, 'the account of your token');
  repository.isGated = false;
  await refusal('HUB_NOT_FOUND', () => get('hf:org/model'), { hint: 'your token may lack' });
  settings.token = null;
  assert.match((await refusal('HUB_NOT_FOUND', () => get('hf:org/nothing'))).hint!, 'HF_TOKEN');
  hub.faults.hub.push({ status: 401 });
  await refusal('HUB_UNAUTHORIZED', () => get('hf:org/model'));
});

models('no message contains the token', async ({ hub, get, settings }) => {
  hub.push('org/model', FILES);
  settings.token = 'hf_secret';
  hub.faults.hub.push({ status: 403 });
  const { message, hint } = await refusal('HUB_UNAUTHORIZED', () => get('hf:org/model'));
  assert.not.match(`${message} ${hint}`, 'hf_secret');
});

models('what is not there is named', async ({ hub, get }) => {
  hub.push('org/model', { 'README.md': 'No weights.' });
  assert.match((await refusal('HUB_FILE_NOT_FOUND', () => get('hf:org/model'))).hint!, 'hf:org/model/FILE.pth');
  await refusal('HUB_FILE_NOT_FOUND', () => get('hf:org/model/model.pth'));
  assert.match((await refusal('HUB_REVISION_NOT_FOUND', () => get('hf:org/model@v9'))).message, 'v9');
});

models('a named file, a revision with a slash, an older name', async ({ hub, get, folder }) => {
  const commit = hub.push('org/model', { 'sub/net.pth': WEIGHTS, 'config.json': '{}' }, 'refs/pr/3');
  hub.renamed.set('org/once', 'org/model');
  const model = await get('hf:org/model@refs/pr/3/sub/net.pth');
  assert.is(model.label, 'hf:org/model/sub/net.pth');
  assert.is(model.file, join(folder, 'snapshots', commit, 'sub/net.pth'));
  assert.is(readlinkSync(model.file!), `../../../blobs/${sha256(WEIGHTS)}`);
  assert.is(readFileSync(join(folder, 'refs/refs/pr/3'), 'utf8'), commit);
  hub.push('org/model', FILES, 'a/b');
  assert.is((await get('hf:org/once@a%2Fb')).received > 0, true);
});

models('a model in several files is fetched whole', async ({ hub, get }) => {
  const map = { 'a.weight': 'model-1.safetensors', 'b.weight': 'model-2.safetensors' };
  const index = JSON.stringify({ weight_map: map });
  const parts = { 'model-1.safetensors': 'one', 'model-2.safetensors': 'two' };
  const files = { 'config.json': CONFIG, ...parts, 'model.safetensors.index.json': index };
  hub.push('org/model', files);
  const { folder } = await get('hf:org/model');
  assert.equal(readdirSync(folder).sort(), Object.keys(files));
  hub.push('org/bad', { 'model.safetensors.index.json': index.replace('model-1', '../../model-1') });
  await refusal('HUB_INDEX', () => get('hf:org/bad'));
});

models('a model of TensorFlow.js that is named is fetched with its weights', async ({ hub, get }) => {
  const json = JSON.stringify({ modelTopology: {}, weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: [] }] });
  hub.push('org/model', { 'web/model.json': json, 'web/a.bin': 'one', 'web/b.bin': 'two', 'web/c.bin': 'three' });
  const { folder, file } = await get('hf:org/model/web/model.json');
  assert.is(file, join(folder, 'web/model.json'));
  assert.equal(readdirSync(join(folder, 'web')).sort(), ['a.bin', 'b.bin', 'model.json']);
  hub.push('org/bad', { 'model.json': json.replace('a.bin', '../a.bin') });
  await refusal('HUB_INDEX', () => get('hf:org/bad/model.json'));
  hub.push('org/less', { 'model.json': json, 'a.bin': 'one' });
  await refusal('HUB_FILE_NOT_FOUND', () => get('hf:org/less/model.json'), 'hf:org/less/model.json');
});

models('redirects without an end are refused at once', async ({ hub, get, notices }) => {
  hub.renamed.set('org/loop', 'org/loop');
  assert.is((await refusal('DOWNLOAD_REDIRECTS', () => get('hf:org/loop'))).exitCode, 5);
  assert.is(hub.seen.length, 6);
  hub.push('org/model', FILES);
  hub.faults.cdn.push(...Array.from({ length: 30 }, () => ({ status: 302, headers: { location: '/again' } })));
  await refusal('DOWNLOAD_REDIRECTS', () => get('hf:org/model'));
  assert.ok(hub.seen.filter(({ at }) => at === 'cdn').length <= 21);
  assert.equal(notices, []);
});

models('answers of something that is not a Hub are refused', async ({ hub, get }) => {
  const headers = { etag: `"${'0'.repeat(40)}"`, 'content-length': '1', 'x-repo-commit': '1'.repeat(40) };
  for (const others of [
    { etag: '"x"' },
    { etag: '"../../../up"' },
    { 'x-linked-etag': '"x"', 'x-linked-size': '1' },
    { 'x-linked-etag': headers.etag, 'x-linked-size': '-1' },
    { 'x-repo-commit': '../../up' },
    { 'x-repo-commit': '' },
  ]) {
    hub.faults.hub.push({ status: 200, headers: { ...headers, ...others } });
    await refusal('HUB_NOT_A_HUB', () => get('hf:org/other'));
  }
});

models('two at once: one downloads, the other waits for it', async ({ hub, get, notices }) => {
  hub.push('org/model', FILES);
  const [one, other] = await Promise.all([get('hf:org/model'), get('hf:org/model')]);
  assert.is(one.folder, other.folder);
  assert.is(hub.seen.filter(({ at }) => at === 'cdn').length, 1);
  assert.match(notices.join('\n'), 'waiting');
});

models('a blob of another length is fetched again, a link to nothing is mended', async ({ hub, get, folder }) => {
  const commit = hub.push('org/model', FILES);
  await get('hf:org/model');
  const blob = join(folder, 'blobs', sha256(WEIGHTS));
  rmSync(blob);
  assert.is((await get('hf:org/model')).received, WEIGHTS.byteLength);
  rmSync(join(folder, 'snapshots', commit, 'model.safetensors'));
  writeFileSync(blob, '');
  assert.is((await get('hf:org/model')).received, WEIGHTS.byteLength);
  assert.equal(readFileSync(join(folder, 'snapshots', commit, 'model.safetensors')), WEIGHTS);
});

models('an empty file is a file', async ({ hub, get }) => {
  hub.push('org/model', { ...FILES, 'model.safetensors': '' });
  const { folder } = await get('hf:org/model');
  assert.is(readFileSync(join(folder, 'model.safetensors')).byteLength, 0);
});

models('a cache that can only be read serves what it has', async ({ hub, get, folder, settings }) => {
  if (process.getuid?.() === 0) return console.log('SKIPPED (the super-user writes everywhere): a read-only cache');
  hub.push('org/model', FILES);
  await get('hf:org/model');
  chmodSync(folder, 0o555);
  try {
    assert.is((await get('hf:org/model')).received, 0);
    chmodSync(settings.cache, 0o555);
    await refusal('FILE_NOT_PERMITTED', () => get('hf:org/other'));
  } finally {
    chmodSync(settings.cache, 0o755);
    chmodSync(folder, 0o755);
  }
});

models('a cache that is a file is named', async ({ hub, get, settings }) => {
  hub.push('org/model', FILES);
  writeFileSync(settings.cache, '');
  await refusal('FILE_NOT_FOLDER', () => get('hf:org/model'), settings.cache);
});

models('names', async ({ hub, get, folder }) => {
  const main = { org: 'org', name: 'model', revision: 'main', file: null };
  assert.equal(parseHubName('hf:org/model'), main);
  assert.equal(parseHubName('hf:org/model@v1.0'), { ...main, revision: 'v1.0' });
  assert.equal(parseHubName('hf:org/model/a/b.pth'), { ...main, file: 'a/b.pth' });
  assert.equal(parseHubName('hf:org/model@refs/pr/12/b.pth'), { ...main, revision: 'refs/pr/12', file: 'b.pth' });
  assert.equal(parseHubName('hf:org/model@a%2Fb/b.pth'), { ...main, revision: 'a/b', file: 'b.pth' });
  for (const text of readFixture<string[]>('download', 'wrong-hub-names.json')) {
    const { exitCode } = await refusal('HUB_NAME', () => get(text));
    assert.is(exitCode, 4, text);
  }
  assert.equal(hub.seen, []);
  assert.not.ok(existsSync(folder));
});

models('the environment is read as huggingface_hub reads it', async () => {
  const home = temporaryFolder();
  const of = (env: Record<string, string>) => hubSettings({ HOME: home, ...env });
  const cache = `${home}/.cache/huggingface/hub`;
  const usual = { endpoint: 'https://huggingface.co', cache, token: null, offline: false };
  assert.equal(await of({}), usual);
  const mirrored = await of({ HF_HUB_OFFLINE: 'YES', HF_ENDPOINT: 'http://mirror/' });
  assert.equal(mirrored, { ...usual, offline: true, endpoint: 'http://mirror' });
  assert.is((await of({ TRANSFORMERS_OFFLINE: '1' })).offline, true);
  assert.is((await of({ HF_HUB_OFFLINE: '0' })).offline, false);
  assert.is((await of({ XDG_CACHE_HOME: '/x' })).cache, '/x/huggingface/hub');
  assert.is((await of({ HF_HOME: '/h', XDG_CACHE_HOME: '/x' })).cache, '/h/hub');
  assert.is((await of({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/o' })).cache, '/o');
  assert.is((await of({ HF_HUB_CACHE: '~/c', HUGGINGFACE_HUB_CACHE: '/o' })).cache, `${home}/c`);
  assert.is((await of({ HF_HUB_CACHE: '$HOME/c' })).cache, `${home}/c`);
  writeFileSync(join(home, 'token'), 'hf_file\n');
  assert.is((await of({ HF_HOME: home })).token, 'hf_file');
  assert.is((await of({ HF_TOKEN_PATH: join(home, 'token') })).token, 'hf_file');
  assert.is((await of({ HF_HOME: home, HF_TOKEN: ' hf_env ' })).token, 'hf_env');
  assert.is((await of({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).token, null);
});
