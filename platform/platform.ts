/**
 * What this package needs of where it runs. Node has it (`node/`), and a page or a worker of a browser (`page/`); the
 * `imports` of `package.json` choose. Both export the same names (`spec/platform/`). Errors are the system's, with
 * `code`, `errno` and `syscall`; callers give them words.
 */

/** Bytes with readers of numbers and texts, as Node's Buffer has them; views share its memory. */
export interface Bytes extends Uint8Array {
  readUInt16LE(at?: number): number;
  readUInt16BE(at?: number): number;
  readUInt32LE(at?: number): number;
  readUInt32BE(at?: number): number;
  readUIntLE(at: number, bytes: number): number;
  writeUInt32LE(value: number, at?: number): number;
  writeUInt32BE(value: number, at?: number): number;
  /** As much of a text as has room. @returns the bytes that were written */
  write(text: string, at: number, encoding: 'utf8' | 'latin1'): number;
  toString(encoding?: 'utf8' | 'latin1' | 'hex', from?: number, to?: number): string;
  subarray(from?: number, to?: number): Bytes;
}

/** What has a path. */
export interface Entry {
  kind: 'file' | 'folder' | 'other';
  /** Bytes. */
  size: number;
  /** When it was changed, in milliseconds since 1970. */
  mtimeMs: number;
}

export interface Listed {
  name: string;
  kind: Entry['kind'] | 'link';
}

export interface OpenFile extends Entry {
  /** Fills as much of `bytes` as one read gives. @returns their number; 0 at the end of the file */
  read(bytes: Uint8Array, offset: number): Promise<number>;
  close(): Promise<void>;
}

/** A file that has its name when it is whole, and before that, another. */
export interface Output {
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Puts all bytes on the disk. Nothing can be written afterwards. */
  finish(): Promise<void>;
  /** Gives the file its name. */
  commit(): Promise<void>;
  /** Removes what is not committed. */
  discard(): Promise<void>;
}

/** A file without a name. */
export interface Scratch {
  write(bytes: Uint8Array, offset: number): Promise<void>;
  clear(): Promise<void>;
  read(bytes: Uint8Array, offset: number): Promise<number>;
  /** What was written, to be read; its `close` is that of the scratch file. */
  finish(): Promise<OpenFile>;
  /** Has no effect after `finish`. */
  discard(): Promise<void>;
}

/** A sha256 that is under way. Text is UTF-8. */
export interface Sha256 {
  update(data: Uint8Array | string): Sha256;
  digest(encoding: 'hex' | 'base64'): string;
}

/** Messages to and from a thread, on its side or on the one that started it. */
export interface Port {
  postMessage(message: unknown, transfer?: ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'message', listener: (message: unknown) => void): unknown;
}

export interface Thread extends Port {
  /** `error` comes with what was thrown, `exit` with a code. */
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  once(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown;
  removeAllListeners(event: 'error' | 'exit'): unknown;
  /** Whether the process lives on for it. */
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/**
 * Makes a thread of a module. Bundlers find the module where it is written out:
 * `(Worker) => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })`
 */
export type ThreadMaker = (Worker: new (script: URL, options: { type: 'module' }) => Thread) => Thread;

/** For people, and for caches: computations may differ in their last bits where one of them does. */
export interface Machine {
  system: string;
  processor: string;
  runtime: string;
  /** All that tells it from another, for keys of caches. */
  identity: readonly unknown[];
}

/** Somewhere to publish. */
export interface Told {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}
