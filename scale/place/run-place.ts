/**
 * Where a run keeps its plan, its parts and its tasks' notes. Tasks on several machines write at the same time, and may
 * be killed at any moment, so a file appears whole or not at all, and the first one stays.
 */
import type { RandomAccess } from '../../files/index.js';

export const ATTEMPTS = 'attempts';
/** Behind the name of an attempt and a dash, so that two of one name are told apart: as many as `mkdtemp` adds. */
export const UNIQUE_CHARACTERS = 6;
const UNIQUE = new RegExp(`-[^-]{${UNIQUE_CHARACTERS}}$`);

/** The attempt of a `gather` at its list of rejected images. Another `gather` may be at it, too, and leaves it. */
export const GATHERED_LIST = 'rejected';

/** Whether an attempt, or an upload of a file of that name, is one to remove. @param asked as of `removeAttempts` */
export function isLeft(attempt: string | null, asked: string | undefined): boolean {
  return asked === undefined ? attempt !== GATHERED_LIST : attempt === asked;
}

/** Name of an attempt, by that of its folder or object; null for something else. */
export function attemptOf(unique: string): string | null {
  return UNIQUE.test(unique) ? unique.replace(UNIQUE, '') : null;
}

export interface RunPlace {
  readonly run: string;
  /** How messages name a file of the run. @param name such as `parts/00042.parquet` */
  pathOf(name: string): string;
  /** Null where there is no such file. @param most largest size, bytes @throws CodedError */
  read(name: string, most: number): Promise<Uint8Array | null>;
  /** A file that is there, by offset. @throws CodedError */
  open(name: string): Promise<RandomAccess>;
  size(name: string): Promise<number | null>;
  /** Names and sizes of the files in a folder; none where there is no such folder. */
  list(folder: string): Promise<ReadonlyMap<string, number>>;
  /** Moves a file of an attempt's folder to its name in the run. @returns false where that name is taken: it stays */
  create(name: string, made: string): Promise<boolean>;
  /** The same for a small file. */
  createText(name: string, text: string): Promise<boolean>;
  /** Writes a small file, and replaces the one of that name. */
  writeText(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** A local folder for what an attempt makes. Removed when the process ends, unless by kill -9. */
  begin(attempt: string): Promise<Attempt>;
  /** Attempts that have begun and did not end, or are still under way. */
  attempts(): Promise<readonly BegunAttempt[]>;
  /** Removes what attempts have left. @param attempt all of this name; default: of all names but `GATHERED_LIST` */
  removeAttempts(attempt?: string): Promise<void>;
  close(): Promise<void>;
}

export interface Attempt {
  folder: string;
  end(): Promise<void>;
}

export interface BegunAttempt {
  name: string;
  /** Milliseconds since 1970. */
  began: number;
}
