import { roomInContainer } from '#platform';
import { MAX_PAGES } from '../../../base/wasm/index.js';
import { ALIGNMENT, SLACK } from '../../../engine/backends/simd/abi.js';
import { KernelMemory, makeEarly, takeMemory } from '../../../engine/backends/simd/kernel-memory.js';
import { uniform } from '../../support/pseudo-random.js';
import { assert, refusal, test } from '../../support/test.js';

const MIB = 2 ** 20;

test('random allocations never touch each other, and all is one again when they are freed', () => {
  const memory = new KernelMemory(256);
  const live = new Map<number, number>();
  const numbers = uniform('allocations', 3000, 0, 1);
  for (let i = 0; i < numbers.length; i += 2) {
    const [first] = live.keys();
    if (first !== undefined && numbers[i]! < 0.45) {
      const victim = [...live.keys()][Math.floor(numbers[i + 1]! * live.size)]!;
      live.delete(victim);
      memory.free(victim);
      continue;
    }
    const bytes = Math.ceil(numbers[i + 1]! ** 4 * 20_000);
    const address = memory.allocate(bytes);
    assert.is(address % ALIGNMENT, 0);
    assert.ok(address > 0 && address + bytes + SLACK <= memory.buffer.byteLength);
    for (const [other, size] of live) {
      assert.ok(address + bytes + SLACK <= other || other + size + SLACK <= address, 'they overlap');
    }
    live.set(address, bytes);
  }
  for (const address of live.keys()) memory.free(address);
  assert.is(memory.usedBytes, 0);
  const length = memory.buffer.byteLength;
  memory.allocate(length - ALIGNMENT - SLACK);
  assert.is(memory.buffer.byteLength, length, 'no growth where the freed blocks are one');
});

test('it grows by what is needed, and keeps what was written', () => {
  const memory = new KernelMemory();
  const first = memory.allocate(1000);
  new Uint8Array(memory.buffer, first, 1000).fill(7);
  const second = memory.allocate(50 * 2 ** 20);
  assert.ok(memory.buffer.byteLength >= second + 50 * 2 ** 20);
  assert.ok(memory.buffer.byteLength < 60 * 2 ** 20);
  assert.ok(new Uint8Array(memory.buffer, first, 1000).every((byte) => byte === 7));
});

test('when it cannot grow: a code, what is needed and what is left; it stays usable', async () => {
  const memory = new KernelMemory(64);
  const block = memory.allocate(2 ** 20);
  const error = await refusal('OUT_OF_MEMORY', async () => memory.allocate(4 * 2 ** 20));
  assert.is(error.message, '4 MiB are needed in WebAssembly memory, 3 MiB are left');
  memory.allocate(2 * 2 ** 20);
  memory.free(block);
  memory.allocate(2 ** 20);
});

test('what is freed twice, or was never given, is a bug and is told', () => {
  const memory = new KernelMemory(64);
  const address = memory.allocate(10);
  memory.free(address);
  assert.throws(() => memory.free(address), /Nothing is allocated/);
});

test('in a container, an allocation that its limit has no room for is a coded error', async () => {
  assert.is(roomInContainer(250 * MIB, 100 * MIB), 100 * MIB);
  for (const unlimited of [0, 2 ** 64]) assert.is(roomInContainer(unlimited, 100 * MIB), Number.POSITIVE_INFINITY);
  const memory = new KernelMemory(MAX_PAGES, 52 * MIB);
  memory.allocate(30 * MIB);
  await refusal('OUT_OF_MEMORY', () => memory.allocate(30 * MIB), /30 MiB are needed .* 2\d(\.\d)? MiB are left/);
  memory.allocate(20 * MIB);
});

test('pages are made ahead, and are given away after that', async () => {
  const memory = new KernelMemory();
  const making = memory.makePages(40 * MIB);
  const meanwhile = memory.allocate(MIB);
  new Uint8Array(memory.buffer, meanwhile, MIB).fill(7);
  await making;
  assert.ok(new Uint8Array(memory.buffer, meanwhile, MIB).every((byte) => byte === 7));
  const length = memory.buffer.byteLength;
  memory.allocate(40 * MIB);
  assert.is(memory.buffer.byteLength, length);
});

test('a memory that was made early is taken once; one that was given up is not taken', async () => {
  const giveUp = makeEarly(20 * MIB);
  makeEarly(30 * MIB);
  const early = await takeMemory();
  assert.ok(early.buffer.byteLength >= 20 * MIB && early.buffer.byteLength < 30 * MIB);
  giveUp();
  assert.ok((await takeMemory()).buffer.byteLength < MIB);
  makeEarly(20 * MIB)();
  assert.ok((await takeMemory()).buffer.byteLength < MIB);
  makeEarly(2 ** 33);
  assert.ok((await takeMemory()).buffer.byteLength < MIB, 'no room for that');
});
