/**
 * libjpeg-turbo as WebAssembly, from `@cwasm/jpeg-turbo`, whose own function gives RGBA, does not tell a warning from
 * an error, and leaks memory after one. Error texts are read from the module's memory at offsets of this build's C
 * structures (`tjinstance`, `jpeg_error_mgr`, `jpeg_decompress_struct`), which are checked when it starts.
 */
import { latin1 } from '#platform';
import { KernelFile, type WasmMemory } from '../../../../base/wasm/index.js';

interface TurboExports {
  memory: WasmMemory;
  malloc(bytes: number): number;
  free(address: number): void;
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  tjDecompress2(
    handle: number,
    source: number,
    sourceBytes: number,
    target: number,
    width: number,
    pitch: number,
    height: number,
    pixelFormat: number,
    flags: number,
  ): number;
}

/** `TJPF_RGB` and `TJPF_CMYK` of turbojpeg.h, with their bytes a pixel. */
export const RGB = { code: 0, channels: 3 } as const;
export const CMYK = { code: 11, channels: 4 } as const;
export type TurboPixels = typeof RGB | typeof CMYK;

export interface TurboResult {
  pixels: Uint8Array | null;
  warnings: number;
  /** The first warning or the error, in libjpeg's words; empty without one. */
  message: string;
}

export interface TurboRequest {
  width: number;
  height: number;
  pixels: TurboPixels;
  /** Whether the result may lie in the module's memory, which the next image overwrites. */
  lent: boolean;
}

/** In the decompressor: where the structure for decompression begins, and its image size. */
const DECOMPRESS = 376;
const IMAGE_WIDTH = DECOMPRESS + 28;
const IMAGE_HEIGHT = DECOMPRESS + 32;
/** In the decompressor: where its error manager begins, and its count of warnings. */
const ERROR_MANAGER = 840;
const WARNINGS = ERROR_MANAGER + 108;
/** Address and size of the buffer in which libjpeg writes the first warning, or the error. */
const MESSAGE = 12_176;
const MESSAGE_BYTES = 200;
/** An instance whose memory has grown past this is not kept: WebAssembly's memory cannot shrink. */
const KEPT_BYTES = 2 ** 26;

const module_ = new KernelFile<TurboExports>('node_modules/@cwasm/jpeg-turbo/jpeg-turbo.wasm');

/** What libjpeg's error handler calls instead of returning. The instance cannot be used after it. */
class LongJump extends Error {}

const refuse = () => {
  throw new LongJump();
};
const IMPORTS = {
  env: { setjmp: () => 0, longjmp: refuse },
  wasi_snapshot_preview1: {
    ...{ environ_sizes_get: () => 0, environ_get: refuse, proc_exit: refuse },
    ...{ fd_close: refuse, fd_seek: refuse, fd_write: refuse },
  },
};

let kept: TurboJpeg | null = null;

/** Decodes a JPEG file with the accurate integer DCT and smooth upsampling, the defaults of libjpeg and of Pillow. */
export function decodeTurbo(bytes: Uint8Array, request: TurboRequest): TurboResult {
  const turbo = kept ?? new TurboJpeg();
  kept = null;
  const result = turbo.decode(bytes, request);
  if (result.pixels !== null && turbo.memoryBytes <= KEPT_BYTES) kept = turbo;
  return result;
}

class TurboJpeg {
  readonly #exports: TurboExports;
  /** Address of the pixels that were lent last; 0 where none are. */
  #lent = 0;

  constructor() {
    const exports = module_.instantiate(IMPORTS);
    if (exports === null) throw new Error('this runtime has no WebAssembly');
    this.#exports = exports;
  }

  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** One decompressor an image: libjpeg keeps an image's tables for the next one, which may lack them. */
  decode(bytes: Uint8Array, { width, height, pixels, lent }: TurboRequest): TurboResult {
    const { malloc, free, tjDecompress2, tjDestroy } = this.#exports;
    free(this.#lent);
    this.#lent = 0;
    const handle = this.#newDecompressor();
    const pitch = width * pixels.channels;
    const size = pitch * height;
    const [source, target] = [malloc(bytes.length), malloc(size)];
    if (source === 0 || target === 0) return { pixels: null, warnings: 0, message: 'out of memory' };
    new Uint8Array(this.#exports.memory.buffer).set(bytes, source);
    this.#clearMessage();
    try {
      tjDecompress2(handle, source, bytes.length, target, width, pitch, height, pixels.code, 0);
      const fits = this.#word(handle, IMAGE_WIDTH) === width && this.#word(handle, IMAGE_HEIGHT) === height;
      const data = new Uint8Array(this.#exports.memory.buffer, target, size);
      if (lent) this.#lent = target;
      const own = lent ? data : data.slice();
      const result = { pixels: fits ? own : null, warnings: this.#word(handle, WARNINGS), message: this.#message() };
      tjDestroy(handle);
      return result;
    } catch (error) {
      if (!(error instanceof LongJump || isTrap(error))) throw error;
      return { pixels: null, warnings: this.#word(handle, WARNINGS), message: this.#message() };
    } finally {
      free(source);
      if (this.#lent === 0) free(target);
    }
  }

  #newDecompressor(): number {
    const handle = this.#exports.tjInitDecompress();
    if (this.#word(handle, DECOMPRESS) !== handle + ERROR_MANAGER) {
      throw new Error('@cwasm/jpeg-turbo is another build than this code was written for');
    }
    return handle;
  }

  #word(handle: number, offset: number): number {
    return new DataView(this.#exports.memory.buffer).getUint32(handle + offset, true);
  }

  #clearMessage(): void {
    new Uint8Array(this.#exports.memory.buffer)[MESSAGE] = 0;
  }

  #message(): string {
    const text = new Uint8Array(this.#exports.memory.buffer, MESSAGE, MESSAGE_BYTES);
    return latin1(text.subarray(0, text.indexOf(0)));
  }
}

/** `unreachable`, an access outside of memory and the like. */
function isTrap(error: unknown): boolean {
  return error instanceof Error && error.constructor.name === 'RuntimeError';
}
