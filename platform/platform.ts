/**
 * What this package needs of where it runs. Node has it (`node/`), and a page or a worker of a browser (`page/`); the
 * `imports` of `package.json` choose. Both export the same names (`spec/platform/`). Errors are the system's, with
 * `code`, `errno` and `syscall`; callers give them words.
 */

/** What has a path. */
export interface Entry {
  kind: 'file' | 'folder' | 'other';
  /** Bytes. */
  size: number;
  /** When it was changed, in milliseconds since 1970. */
  mtimeMs: number;
}

export interface Listed extends Pick<Entry, 'kind'> {
  name: string;
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
  /** What was written, to be read once or often. */
  finish(): Promise<OpenFile>;
  /** Has no effect after `finish`. */
  discard(): Promise<void>;
}

/** A sha256 that is under way. Text is UTF-8. */
export interface Sha256 {
  update(data: Uint8Array | string): Sha256;
  digest(encoding: 'hex' | 'base64'): string;
}

/** Where computations run: it changes the time that they take, and last bits of some. */
export interface Machine {
  /** Threads that may run at once. */
  cores: number;
  /** For people, and for caches: the system, the processor, the runtime and its version. */
  system: string;
  processor: string;
  runtime: string;
}
