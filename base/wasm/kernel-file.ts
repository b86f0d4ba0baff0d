/**
 * Reads the `.wasm` file that the build puts beside the code that uses it.
 *
 * This is part of loading code, as an `import` is: it reads the package's own files and nothing that a user names. So
 * `drift/`, which otherwise does no input or output, may use it.
 */
import { asset } from '#platform';
import { CodedError } from '../coded-error.js';
import { type WasmImports, type WasmModule, wasmInterface } from './webassembly.js';

/** A compiled kernel. */
export class KernelFile<Exports> {
  readonly #file: string;
  /** `null`: not available here; `undefined`: not tried yet. */
  #module: WasmModule | null | undefined;

  /** Reads nothing yet. `Exports` says what the module exports. @param file an asset; the build makes both from the same sources */
  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Makes an instance with its own memory. The first call reads and compiles the file.
   *
   * @returns null if the file is missing, or the runtime lacks WebAssembly or an instruction that the module uses
   */
  instantiate(imports: WasmImports = {}): Exports | null {
    if (this.#module === undefined) this.#module = compile(this.#file);
    if (this.#module === null) return null;
    return new wasmInterface!.Instance(this.#module, imports).exports as Exports;
  }
}

function compile(file: string): WasmModule | null {
  const bytes = asset(file);
  if (bytes === null || !wasmInterface?.validate(bytes)) return null;
  return new wasmInterface.Module(bytes);
}

/** The one instance of a kernel in a thread, made when it is first asked for. */
export class SharedKernel<Exports, Kernel extends object> {
  readonly #file: KernelFile<Exports>;
  readonly #make: (exports: Exports) => Kernel;
  /** `null`: not available here; `undefined`: not tried yet, or let go. */
  #kernel: Kernel | null | undefined;
  #hasNoRoom = false;

  /** Reads nothing yet. @param make what callers use, of what the module exports */
  constructor(file: string, make: (exports: Exports) => Kernel) {
    this.#file = new KernelFile(file);
    this.#make = make;
  }

  /**
   * For work that plain loops do, too: null where the processor or the runtime has no WebAssembly SIMD, or the system
   * no room for another memory (`ulimit -v`).
   */
  get(): Kernel | null {
    if (this.#kernel === undefined) this.#kernel = this.#tryToMake();
    return this.#kernel;
  }

  /** For work that nothing else does. @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY` */
  need(): Kernel {
    const kernel = this.get();
    if (kernel !== null) return kernel;
    if (this.#hasNoRoom) {
      throw new CodedError('OUT_OF_MEMORY', 'the system has no room for the memory of a WebAssembly kernel');
    }
    throw new CodedError('WEBASSEMBLY_MISSING', 'this Node runs without WebAssembly SIMD, which image-drift needs', {
      hint: 'Leave out --jitless, also in NODE_OPTIONS.',
    });
  }

  #tryToMake(): Kernel | null {
    try {
      const exports = this.#file.instantiate();
      return exports && this.#make(exports);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#hasNoRoom = true;
      return null;
    }
  }

  /** Lets the instance go, with its memory, which cannot shrink. The next call of `get` makes another. */
  letGo(): void {
    this.#kernel = undefined;
  }
}
