import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { type ReadyWeightsOptions, readyWeights } from '../../pipeline/weights/index.js';
import { bundledModels, readWeights } from '../../weights/index.js';
import { smallModel, smallRepository, timmConfig } from '../support/hub-model.js';
import { type HubServer, serveHub } from '../support/hub-server.js';
import { assert, refusal, suite, temporaryFolder } from '../support/test.js';

interface Context {
  root: string;
  cache: string;
  converted: string[];
  ready(text: string, options?: ReadyWeightsOptions): Promise<string>;
}

const weights = suite<Context>('weights as users name them');
let hub: HubServer;

weights.before(async () => {
  hub = await serveHub();
});
weights.after(() => hub.close());

weights.before.each((context) => {
  context.root = temporaryFolder();
  context.cache = join(context.root, 'converted');
  context.converted = [];
  process.env['HF_HOME'] = join(context.root, 'hf');
  process.env['HF_ENDPOINT'] = hub.endpoint;
  context.ready = async (text, options) => {
    const onConvert = ({ path }: { path: string }) => void context.converted.push(path);
    return (await readyWeights(text, { cache: context.cache, onConvert, ...options })).folder;
  };
});

/** A Hugging Face folder on the disk. */
function hubFolder(path: string, files: Readonly<Record<string, Buffer | string>>): string {
  mkdirSync(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

weights('a weights folder and a bundled model are taken as they are', async ({ ready, converted }) => {
  const [{ name, folder }] = bundledModels as [(typeof bundledModels)[number]];
  assert.is(await ready(name), folder);
  assert.is(await ready(folder), folder);
  assert.equal(converted, []);
  await refusal('WEIGHTS_NOT_FOUND', () => ready('no-such-thing'));
});

weights(
  'a checkpoint is converted once, whatever it is called and wherever it lies',
  async ({ root, ready, converted }) => {
    const path = join(root, 'net.safetensors');
    writeFileSync(path, smallModel('first'));
    const folder = await ready(path);
    assert.is(await ready(path), folder);
    mkdirSync(join(root, 'copy'));
    copyFileSync(path, join(root, 'copy/net.safetensors'));
    assert.is(await ready(join(root, 'copy/net.safetensors')), folder);
    assert.equal(converted, [path]);
    writeFileSync(path, smallModel('second'));
    assert.is.not(await ready(path), folder);
    assert.is(converted.length, 2);
  },
);

weights('the weights are those that convert makes', async ({ root, ready }) => {
  const path = hubFolder(join(root, 'model'), smallRepository());
  const { sha256, config } = await convertCheckpoint(path, join(root, 'by-hand'));
  const read = await readWeights(await ready(path));
  assert.is(read.sha256, sha256);
  assert.equal(config.preprocessing.mean, timmConfig.pretrained_cfg.mean);
});

weights('a change of the description alone is another model', async ({ root, ready }) => {
  const path = hubFolder(join(root, 'model'), smallRepository());
  const before = await ready(path);
  const other = { ...timmConfig, pretrained_cfg: { ...timmConfig.pretrained_cfg, mean: [0.5, 0.5, 0.5] } };
  writeFileSync(join(path, 'config.json'), JSON.stringify(other));
  const { config } = await readWeights(await ready(path));
  assert.is.not(await ready(path), before);
  assert.equal(config.preprocessing.mean, [0.5, 0.5, 0.5]);
});

weights('a model of the Hub, by name and by commit, is the same weights', async ({ ready, converted, cache }) => {
  const commit = hub.push('org/model', smallRepository());
  const folder = await ready('hf:org/model');
  const { config } = await readWeights(folder);
  assert.is(config.provenance.source, 'hf:org/model');
  assert.equal(config.preprocessing.size, [32, 32]);
  assert.is(await ready(`hf:org/model@${commit}`), folder);
  hub.push('org/model', { ...smallRepository(), 'README.md': 'Another text.' });
  assert.is(await ready('hf:org/model'), folder, 'another commit of the same files');
  assert.is(converted.length, 1);
  hub.push('org/model', smallRepository('second'));
  assert.is.not(await ready('hf:org/model'), folder);
  assert.is(readdirSync(cache).length, 2);
});

weights('a named file of a repository keeps the description of the repository', async ({ ready }) => {
  hub.push('org/named', { 'config.json': JSON.stringify(timmConfig), 'nets/best.safetensors': smallModel('best') });
  const { config } = await readWeights(await ready('hf:org/named/nets/best.safetensors'));
  assert.is(config.provenance.source, 'hf:org/named/nets/best.safetensors');
  assert.equal(config.preprocessing.mean, timmConfig.pretrained_cfg.mean);
});

weights('a repository without a description is its checkpoint', async ({ ready }) => {
  hub.push('org/bare', { 'model.safetensors': smallModel('first') });
  const { config } = await readWeights(await ready('hf:org/bare'));
  assert.is(config.backbone, 'resnet');
});

weights('a model in several files is the one in one file', async ({ root, ready }) => {
  const whole = await readWeights(await ready(hubFolder(join(root, 'whole'), smallRepository())));
  const parts = join(root, 'parts');
  mkdirSync(parts);
  const map = splitSafetensors(smallModel('first'), parts);
  writeFileSync(join(parts, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
  writeFileSync(join(parts, 'config.json'), JSON.stringify(timmConfig));
  const folder = await ready(parts);
  const { tensors } = await readWeights(folder);
  assert.equal([...tensors.keys()].sort(), [...whole.tensors.keys()].sort());
  for (const [name, { data }] of tensors) assert.equal(data, whole.tensors.get(name)!.data, name);
  rmSync(join(parts, 'two.safetensors'));
  await refusal('FILE_NOT_FOUND', () => ready(parts));
  for (const [index, code] of [
    ['{"weight_map": {"a": "../one.safetensors"}}', 'SHARD_INDEX_INVALID'],
    ['{"weight_map": {}}', 'SHARD_INDEX_INVALID'],
    ['{', 'SHARD_INDEX_INVALID'],
  ] as const) {
    writeFileSync(join(parts, 'model.safetensors.index.json'), index);
    await refusal(code, () => ready(parts));
  }
});

/** Writes the tensors of a safetensors file to two. @returns the `weight_map` */
function splitSafetensors(bytes: Buffer, folder: string): Record<string, string> {
  const length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const names = Object.keys(header);
  const map: Record<string, string> = {};
  for (const [file, part] of [
    ['one.safetensors', names.slice(0, 5)],
    ['two.safetensors', names.slice(5)],
  ] as const) {
    const own: Record<string, unknown> = {};
    const parts: Buffer[] = [];
    let at = 0;
    for (const name of part) {
      const [begin, end] = header[name]!.data_offsets;
      own[name] = { ...header[name], data_offsets: [at, at + end - begin] };
      parts.push(bytes.subarray(8 + length + begin, 8 + length + end));
      at += end - begin;
      map[name] = file;
    }
    const json = Buffer.from(JSON.stringify(own));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(json.byteLength));
    writeFileSync(join(folder, file), Buffer.concat([size, json, ...parts]));
  }
  return map;
}

weights(
  'an ONNX file of the Hub is used where there is no checkpoint, and as a named file',
  async ({ root, ready }) => {
    const path = hubFolder(join(root, 'model'), smallRepository());
    const onnx = join(root, 'model.onnx');
    await convertCheckpoint(path, join(root, 'by-hand'), { onnx });
    const config = JSON.stringify(timmConfig);
    hub.push('org/onnx', { 'config.json': config, 'onnx/model.onnx': readFileSync(onnx) });
    const whole = await readWeights(await ready('hf:org/onnx'));
    const named = await readWeights(await ready('hf:org/onnx/onnx/model.onnx'));
    assert.equal([whole.config.backbone, named.config.backbone], ['onnx', 'onnx']);
    assert.equal(whole.config.preprocessing.mean, timmConfig.pretrained_cfg.mean);
    assert.is(named.config.provenance.source, 'hf:org/onnx/onnx/model.onnx');
  },
);

weights('several at once give one folder', async ({ root, ready, cache }) => {
  const path = hubFolder(join(root, 'model'), smallRepository());
  const folders = await Promise.all(Array.from({ length: 4 }, () => ready(path)));
  assert.is(new Set(folders).size, 1);
  assert.equal(readdirSync(cache), [folders[0]!.split('/').at(-1)]);
});

weights('what is not converted names the command that has flags', async ({ root, ready, cache }) => {
  const path = join(root, 'net.pth');
  writeFileSync(path, 'no checkpoint');
  const { hint } = await refusal('CHECKPOINT_UNKNOWN_FORMAT', () => ready(path));
  assert.match(hint!, `image-drift convert ${path} --out FOLDER`);
  writeFileSync(path, '');
  await refusal('CHECKPOINT_UNKNOWN_FORMAT', () => ready(path));
  hub.push('org/empty', { 'config.json': '' });
  await refusal('HUB_FILE_NOT_FOUND', () => ready('hf:org/empty'));
  hub.push('org/empty', { 'config.json': '', 'model.safetensors': '' });
  assert.match(
    (await refusal('HUB_FOLDER_INVALID', () => ready('hf:org/empty'))).hint!,
    'image-drift convert hf:org/empty',
  );
  assert.not.ok(statSync(cache, { throwIfNoEntry: false })?.isDirectory() && readdirSync(cache).length > 0);
});

weights('a cache that cannot be made is named', async ({ root, ready }) => {
  const path = hubFolder(join(root, 'model'), smallRepository());
  const file = join(root, 'file');
  writeFileSync(file, '');
  await refusal('FILE_NOT_FOLDER', () => ready(path, { cache: join(file, 'converted') }), file);
});

weights('the folder in the cache of the Hub is read like one on the disk', async ({ root, ready }) => {
  hub.push('org/model', smallRepository());
  await ready('hf:org/model');
  const snapshots = join(root, 'hf/hub/models--org--model/snapshots');
  const snapshot = join(snapshots, readdirSync(snapshots)[0]!);
  const copy = join(root, 'model');
  cpSync(snapshot, copy, { recursive: true, dereference: true });
  const [linked, plain] = [await readWeights(await ready(snapshot)), await readWeights(await ready(copy))];
  assert.equal(linked.config.preprocessing, plain.config.preprocessing);
  assert.ok(readFileSync(join(copy, 'config.json')).byteLength > 0);
});
