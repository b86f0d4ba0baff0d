/**
 * Reads every file in `spec/fixtures/convert/good` and compares it with the JSON beside it. Every file in `refused`
 * must be refused as its JSON says. A bug report becomes a file there; the scripts beside them made the first ones.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../convert/index.js';
import { assert, fixtures, refusal, test } from '../support/test.js';

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
