/** Networks of torch.export.save beside PyTorch in float64, in several layers. A new file and its JSON are a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtureImages } from '../../support/image-files.js';
import { networkOf, outputsOf } from '../../support/onnx-file.js';
import { assert, cases, fixtures, test } from '../../support/test.js';

interface Layer {
  shape: number[];
  largest: number;
  /** Evenly spread. */
  values: number[];
  /** Largest error of PyTorch's float32. */
  error: number;
}

const folder = join(fixtures, 'convert', 'exported');
const files = readdirSync(folder).filter((name) => name.endsWith('.pt2'));

function expected(file: string): { size: number; layers: Record<string, Layer> } {
  return JSON.parse(readFileSync(join(folder, `${file.split('.')[0]}.json`), 'utf8'));
}

for (const file of files) {
  const { size, layers } = expected(file);

  test(`${file} gives PyTorch's values in every layer`, async () => {
    const network = await networkOf(join(folder, file));
    const names = Object.keys(layers);
    const missing = names.filter((name) => !network.graph.modules.has(name));
    assert.equal(missing, []);
    const outputs = outputsOf(network, fixtureImages(5, size), names);
    for (const [i, name] of names.entries()) {
      const { shape, values, largest, error } = layers[name]!;
      assert.equal(outputs[i]!.shape, shape, name);
      const worst = Math.max(...values.map((value, at) => Math.abs(kept(outputs[i]!.data, values.length, at) - value)));
      assert.ok(worst / largest <= 2 * error, `${name}: error ${worst / largest}, PyTorch's float32 has ${error}`);
    }
  });
}

for (const file of cases(files, 4)) {
  test(`${file}: one image alone gives what it gives among five`, async () => {
    const network = await networkOf(join(folder, file));
    const [among] = outputsOf(network, fixtureImages(5, expected(file).size), ['']);
    const [alone] = outputsOf(network, fixtureImages(1, expected(file).size), ['']);
    assert.equal([...alone!.data], [...among!.data.subarray(0, alone!.data.length)]);
  });
}

/** As make_programs.py takes them. */
function kept(data: Float64Array, count: number, i: number): number {
  return data[count === 1 ? 0 : Math.floor((i * (data.length - 1)) / (count - 1))]!;
}
