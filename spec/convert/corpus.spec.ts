/** Files in `spec/fixtures/convert/good` and `refused` give what their JSON says. A bug report becomes one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { convertCheckpoint, readCheckpoint } from '../../convert/index.js';
import { weightsFolder } from '../../weights/index.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

interface Good {
  format: string;
  tensors: Record<string, { shape: number[]; dtype: string; values: number[] }>;
}

interface Refused {
  code: string;
  says: string;
}

/** Files that a successful attack by a pickle leaves in the working directory. */
const CANARY = 'image-drift-was-executed';

function corpus<Expected>(folder: string): { name: string; path: string; expected: Expected }[] {
  const files = readdirSync(join(fixtures, 'convert', folder)).filter((file) => !file.endsWith('.json'));
  return files.map((name) => {
    const path = join(fixtures, 'convert', folder, name);
    return { name, path, expected: JSON.parse(readFileSync(path.replace(/\.\w+$/, '.json'), 'utf8')) as Expected };
  });
}

for (const { name, path, expected } of corpus<Good>('good')) {
  test(`reads ${name} as torch does`, async () => {
    const { format, tensors } = await readCheckpoint(path);
    assert.is(format, expected.format);
    assert.equal([...tensors.keys()].sort(), Object.keys(expected.tensors).sort());
    for (const [tensorName, { shape, dtype, values }] of Object.entries(expected.tensors)) {
      const tensor = tensors.get(tensorName)!;
      assert.equal([...tensor.shape], shape, tensorName);
      assert.is(tensor.dtype, dtype, tensorName);
      assert.equal([...tensor.data], values, tensorName);
    }
  });
}

for (const { name, path, expected } of corpus<Refused>('refused')) {
  test(`refuses ${name}`, async () => {
    const error = await refusal(expected.code, () => readCheckpoint(path));
    assert.ok(error.message.includes(expected.says), `"${expected.says}" is not in: ${error.message}`);
    assert.ok(error.message.includes(name), `the file is not named in: ${error.message}`);
    assert.ok(error.message.length < 1000 && !/\p{Cc}/u.test(error.message), 'a message safe to print');
    assert.not(existsSync(CANARY), 'nothing was executed');
  });
}

test('a missing file, and a folder', async () => {
  await refusal('FILE_NOT_FOUND', () => readCheckpoint(join(fixtures, 'no-such.pth')));
  await refusal('FILE_IS_FOLDER', () => readCheckpoint(fixtures));
});

// Models of other programs are refused by their names, with what makes one that is read.

const folder = temporaryFolder();

async function told(path: string): Promise<string> {
  const { message, hint } = await refusal('CHECKPOINT_UNKNOWN_FORMAT', () =>
    convertCheckpoint(path, join(folder, 'out')),
  );
  return `${message} ${hint}`;
}

const FILES: [name: string, begins: string, says: RegExp][] = [
  ['model.h5', '\u0089HDF\r\n\u001a\n', /model\.h5: is an HDF5 file, as Keras writes .*tensorflowjs_converter/],
  ['model.tflite', '\u001c\0\0\0TFL3', /TensorFlow Lite .*tf2onnx/],
  ['model.gguf', 'GGUF\u0003', /GGUF file .*safetensors/],
  ['model.pth', '<!DOCTYPE html><html>', /is a web page .*login/],
  ['pointer.pth', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer .*git lfs pull/],
  ['words.pth', 'once upon a time', /it begins with "once upon a time" .*ONNX file/],
];
for (const [name, begins, says] of FILES) {
  test(name, async () => {
    writeFileSync(join(folder, name), Buffer.concat([Buffer.from(begins, 'latin1'), Buffer.alloc(100)]));
    assert.match(await told(join(folder, name)), says);
  });
}

test('a model of Keras 3, which is a zip', async () => {
  const empty = new Uint8Array(1);
  const path = join(folder, 'model.keras');
  writeFileSync(path, zipSync({ 'metadata.json': empty, 'config.json': empty, 'model.weights.h5': empty }));
  assert.match(await told(path), /It is a model of Keras\. .*onnx/);
});

test('a model that was packed to send it', async () => {
  const empty = new Uint8Array(1);
  const path = join(folder, 'sent.zip');
  for (const name of ['model.json', 'web_model/model.json', 'saved/saved_model.pb', 'best.ONNX', 'run 1/last.pt']) {
    writeFileSync(path, zipSync({ 'read me.txt': empty, [name]: empty }));
    assert.match(await told(path), `It has ${name} in it. Unpack the zip`);
  }
  writeFileSync(path, zipSync({ 'read me.txt': empty }));
  assert.not.match(await told(path), 'Unpack');
});

test('a weights folder, and an address', async () => {
  assert.match(await told(weightsFolder('fashion-mnist-resnet18')), /is a weights folder.*give it to --weights/);
  const convert = () => convertCheckpoint('https://example.com/model.pth', join(folder, 'out'));
  const { message, hint } = await refusal('FILE_NOT_FOUND', convert);
  assert.match(`${message} ${hint}`, /^https:.*: no such file: this is read from the disk.*Download it first/);
});

test('folders of other programs, and any other folder', async () => {
  const holding = (name: string, file: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, file), 'x');
    return join(folder, name);
  };
  assert.match(await told(holding('saved', 'saved_model.pb')), /SavedModel of TensorFlow.* tf2onnx/);
  assert.match(await told(holding('shards', '.metadata')), /distributed checkpoint of PyTorch.* dcp_to_torch/);
  assert.match(await told(holding('photos', 'a.jpg')), /folder without a config\.json.* Hugging Face/);
});
