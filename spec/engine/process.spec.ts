/**
 * An embedder does not affect the process that it runs in, and the package needs little of it.
 * @long: every engine starts in a process of its own
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { assert, plainEnvironment, test } from '../support/test.js';

const program = fileURLToPath(new URL('../support/embed-and-leave.js', import.meta.url));

for (const threads of ['0', '2']) {
  test(`simd, ${threads} threads: prints nothing, adds no listeners, ends though never closed`, async () => {
    // A process that does not end fails by the timeout.
    const run = promisify(execFile)(process.execPath, [program, 'simd', threads, '3'], { timeout: 30_000 });
    const { stdout, stderr } = await run;
    assert.is(stdout, '');
    assert.is(stderr, '');
  });
}

for (const precision of ['float32', 'reproducible']) {
  test(`simd, ${precision}: a start compiles the kernels of this precision, once`, async () => {
    const root = new URL('../..', import.meta.url).href;
    const script = `
      const { Embedder } = await import('${root}engine/index.js');
      const { weightsFolder } = await import('${root}weights/index.js');
      let compilations = 0;
      const { compile } = WebAssembly;
      WebAssembly.compile = (bytes) => (compilations++, compile.call(WebAssembly, bytes));
      const options = { backend: 'simd', precision: '${precision}', threads: 0 };
      const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), options);
      await embedder.warmUp(2, 32, 32);
      await embedder.close();
      console.log(compilations);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    assert.is(stdout, '1\n');
  });
}

test('the package is imported where there is little room for addresses', async () => {
  const index = new URL('../../index.js', import.meta.url).href;
  const script = `ulimit -v 8000000 && exec "$0" --input-type=module -e "await import('${index}')"`;
  const { stderr } = await promisify(execFile)('bash', ['-c', script, process.execPath], { env: plainEnvironment() });
  assert.is(stderr, '');
});
