/** SHA-256 by a WebAssembly kernel: `crypto.subtle` takes no streams. */
import type { Sha256 } from '../platform.js';
import { asset } from './assets.js';
import { base64, bytesOf } from './bytes.js';

interface Exports {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  compress(state: number, block: number, blocks: number): void;
}

interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
}

const BLOCK = 64;
/** Blocks that are copied into the kernel's memory at a time: a page. */
const AT_ONCE = 1024;
/** The first 32 bits of the fractional parts of the square roots of the first eight primes. */
const START = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const STATE_BYTES = 32;

interface Kernel {
  state: Uint32Array;
  blocks: Uint8Array;
  compress(blocks: number): void;
}

let shared: Kernel | null = null;

/** Made when it is first asked for. Hashes under way take turns in it. */
function kernel(): Kernel {
  if (shared !== null) return shared;
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const { memory, compress } = new Instance(new Module(asset('dist/platform/page/sha256.wasm')!)).exports as Exports;
  const at = memory.buffer.byteLength;
  memory.grow(2);
  shared = {
    state: new Uint32Array(memory.buffer, at, STATE_BYTES / 4),
    blocks: new Uint8Array(memory.buffer, at + BLOCK, AT_ONCE * BLOCK),
    compress: (blocks) => compress(at, at + BLOCK, blocks),
  };
  return shared;
}

class PageSha256 implements Sha256 {
  readonly #state = Uint32Array.from(START);
  readonly #rest = new Uint8Array(BLOCK);
  #length = 0;

  update(data: Uint8Array | string): this {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    const { byteLength } = bytes;
    let done = 0;
    const kept = this.#length % BLOCK;
    this.#length += byteLength;
    if (kept > 0) {
      done = Math.min(BLOCK - kept, byteLength);
      this.#rest.set(bytes.subarray(0, done), kept);
      if (kept + done < BLOCK) return this;
      this.#take(this.#rest);
    }
    const whole = done + Math.floor((byteLength - done) / BLOCK) * BLOCK;
    for (; done < whole; done += AT_ONCE * BLOCK)
      this.#take(bytes.subarray(done, Math.min(whole, done + AT_ONCE * BLOCK)));
    this.#rest.set(bytes.subarray(whole));
    return this;
  }

  digest(encoding: 'hex' | 'base64'): string {
    const kept = this.#length % BLOCK;
    const padded = new Uint8Array(kept < BLOCK - 8 ? BLOCK : 2 * BLOCK);
    padded.set(this.#rest.subarray(0, kept));
    padded[kept] = 0x80;
    new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(this.#length) * 8n);
    this.#take(padded);
    const view = new DataView(new ArrayBuffer(STATE_BYTES));
    for (const [i, word] of this.#state.entries()) view.setUint32(4 * i, word);
    const bytes = bytesOf(new Uint8Array(view.buffer));
    return encoding === 'hex' ? bytes.toString('hex') : base64(bytes);
  }

  #take(blocks: Uint8Array): void {
    const shared = kernel();
    shared.state.set(this.#state);
    shared.blocks.set(blocks);
    shared.compress(blocks.length / BLOCK);
    this.#state.set(shared.state);
  }
}

export function sha256(): Sha256 {
  return new PageSha256();
}

export function sha256Of(data: Uint8Array | string): string {
  return sha256().update(data).digest('hex');
}
