import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasSimd, KernelFile, PAGE, SharedKernel, type WasmMemory, wasmInterface } from '../../base/wasm/index.js';
import { KERNELS } from '../support/build-scripts.js';
import { assert, packageRoot, temporaryFolder, test } from '../support/test.js';

const BUILT = join(packageRoot, KERNELS.find(({ output }) => output.endsWith('sums.wasm'))!.output);

function open(prepare: (path: string) => void): { kernel: KernelFile<{ memory: WasmMemory }>; path: string } {
  const path = join(temporaryFolder(), 'kernel.wasm');
  prepare(path);
  return { kernel: new KernelFile(pathToFileURL(path).href), path };
}

test('each instance has its own memory', () => {
  const { kernel } = open((path) => copyFileSync(BUILT, path));
  const [first, second] = [kernel.instantiate()!, kernel.instantiate()!];
  const length = second.memory.buffer.byteLength;
  first.memory.grow(1);
  assert.is(first.memory.buffer.byteLength, length + PAGE);
  assert.is(second.memory.buffer.byteLength, length);
});

test('the file is read once, at the first instance', () => {
  const { kernel, path } = open(() => {});
  copyFileSync(BUILT, path);
  assert.ok(kernel.instantiate());
  rmSync(path);
  assert.ok(kernel.instantiate());
});

test('no kernel where the file is missing', () => {
  assert.is(open(() => {}).kernel.instantiate(), null);
});

test('no kernel where this runtime cannot compile the module', () => {
  // The header, and a section of a kind that does not exist.
  const bytes = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 99, 0);
  assert.is(open((path) => writeFileSync(path, bytes)).kernel.instantiate(), null);
});

test('a shared kernel is made once, at the first call, and anew after it was let go', () => {
  const path = join(temporaryFolder(), 'kernel.wasm');
  const shared = new SharedKernel(pathToFileURL(path).href, (exports: { memory: WasmMemory }) => exports);
  copyFileSync(BUILT, path);
  const first = shared.get()!;
  rmSync(path);
  assert.is(shared.get(), first);
  first.memory.grow(1);
  shared.letGo();
  const second = shared.get()!;
  assert.ok(second.memory.buffer.byteLength < first.memory.buffer.byteLength);
  assert.is(new SharedKernel(pathToFileURL(path).href, (exports: object) => exports).get(), null);
});

test('no shared kernel where the system has no room for its memory', () => {
  const grow = ({ memory }: { memory: WasmMemory }) => memory.grow(65_537);
  const url = pathToFileURL(BUILT).href;
  assert.is(new SharedKernel(url, (exports: { memory: WasmMemory }) => ({ length: grow(exports) })).get(), null);
  const faulty = () => {
    throw new TypeError('a fault of ours');
  };
  assert.throws(() => new SharedKernel(url, faulty).get(), /a fault of ours/);
});

test('this runtime has SIMD: all kernels are built for it', () => {
  assert.ok(wasmInterface);
  assert.ok(hasSimd());
});
