/**
 * The journal of a publish: an append-only file beside the events. Each record is on the disk before the next step, so
 * that after kill -9 or a power cut it says what is known of each chunk. A torn last line counts as never written,
 * since nothing was done after it.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileError, fileError, type LockOwner, RunLock } from '../../../files/system/index.js';
import { PublishError } from '../publish-error.js';
import { type ChunkRecord, type JournalHeader, type JournalRecord, parseJournal, readJournal } from './read.js';

/** What is known of a chunk. */
export type ChunkState =
  | { is: 'new' }
  | { is: 'uploaded'; file: { id: string; rows: number } }
  /** Sent, or a part of it: whether the server has it must be looked up. The file, where it may be sent again. */
  | { is: 'unknown'; file: { id: string; rows: number } | null; failed: boolean; sentAt: number }
  | { is: 'accepted'; jobId: string | null }
  /** `seen`: the events were read back from the server. `at`: when it was noted, ms since 1970. */
  | { is: 'done'; rows: number; seen: boolean; at: number };

export class Journal {
  readonly #states = new Map<number, ChunkState>();
  readonly #ownJobs = new Set<string>();
  readonly #foundWhole = new Set<number>();
  readonly #partly = new Set<number>();
  #unwritten: JournalHeader | null = null;
  #torn = false;
  #queue: Promise<void> = Promise.resolve();
  #broken: unknown = null;
  #check: () => void = () => undefined;
  #handle: FileHandle | null;
  #known: JournalHeader | null;
  #size: number;

  private constructor(
    readonly path: string,
    handle: FileHandle | null,
    known: JournalHeader | null,
    size: number,
  ) {
    this.#handle = handle;
    this.#known = known;
    this.#size = size;
  }

  /** Reads what is there; cuts a torn last line off; `begin` creates it. @throws PublishError `JOURNAL_…`; FileError */
  static async open(path: string): Promise<Journal> {
    let handle: FileHandle | null = null;
    try {
      handle = await openExisting(path);
      if (handle === null) return new Journal(path, null, null, 0);
      const text = await readJournal(path, handle);
      const { header, records, size } = parseJournal(path, text);
      if (size < Buffer.byteLength(text)) {
        await handle.truncate(size);
        await handle.sync();
      }
      const journal = new Journal(path, handle, header, size);
      journal.#torn = header === null;
      for (const record of records) journal.#apply(record);
      return journal;
    } catch (error) {
      await handle?.close();
      throw fileError(path, error);
    }
  }

  /** @param check throws before a record is written, if another run has taken the journal over */
  guardedBy(check: () => void): this {
    this.#check = check;
    return this;
  }

  /** Null for a journal that has not begun. */
  get header(): JournalHeader | null {
    return this.#known;
  }

  stateOf(chunk: number): ChunkState {
    return this.#states.get(chunk) ?? { is: 'new' };
  }

  /** Chunks found on the server whole, of whose job the answer was lost: as many jobs of nobody are theirs. */
  get foundWithoutJob(): number {
    return this.#foundWhole.size;
  }

  /** Whether a look found a part of the chunk: then the rest must not be sent without another. */
  isPartlyThere(chunk: number): boolean {
    return this.#partly.has(chunk);
  }

  /** Jobs that this publish started and knows of. */
  isOwnJob(jobId: string): boolean {
    return this.#ownJobs.has(jobId);
  }

  /** When the chunk was noted as done, ms since 1970; 0 where it is not. */
  doneAt(chunk: number): number {
    const state = this.stateOf(chunk);
    return state.is === 'done' ? state.at : 0;
  }

  /** Whether the chunk's events were read back from the server, in this run or an earlier one. */
  isSeen(chunk: number): boolean {
    const state = this.stateOf(chunk);
    return state.is === 'done' && state.seen;
  }

  /** Whether the file was there without a whole first line: cut, as a journal that is begun has one. */
  get isTorn(): boolean {
    return this.#torn;
  }

  /** The first line of a new journal. It is written before the first record: what is refused at once leaves no file. */
  begin(header: JournalHeader): void {
    this.#known = header;
    this.#unwritten = header;
  }

  /** Resolves when the record is on the disk. After a failure (a full disk) every later call fails as well. */
  async note(chunk: number, record: ChunkRecord): Promise<void> {
    const noted: JournalRecord = { chunk, ...record, at: new Date().toISOString() };
    if (this.#unwritten !== null) {
      const header = this.#unwritten;
      this.#unwritten = null;
      this.#append(header, true).catch(() => undefined);
    }
    await this.#append(noted);
    this.#apply(noted);
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#handle?.close();
  }

  #append(line: JournalHeader | JournalRecord, isFirst = false): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    const appended = this.#queue.then(async () => {
      this.#check();
      if (isFirst) await this.#create();
      await this.#write(bytes);
    });
    this.#queue = appended.catch(() => undefined);
    return appended;
  }

  async #create(): Promise<void> {
    try {
      this.#handle ??= await create(this.path);
    } catch (error) {
      this.#broken = journalNotWritten(this.path, error);
      throw this.#broken;
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#broken !== null) throw this.#broken;
    const handle = this.#handle;
    if (handle === null) throw new Error('a journal that has not begun');
    try {
      for (let done = 0; done < bytes.byteLength; ) {
        done += (await handle.write(bytes, done, bytes.byteLength - done, this.#size + done)).bytesWritten;
      }
      await handle.datasync();
      this.#size += bytes.byteLength;
    } catch (error) {
      this.#broken = journalNotWritten(this.path, error);
      throw this.#broken;
    }
  }

  #apply(record: JournalRecord): void {
    const before = this.stateOf(record.chunk);
    const file = before.is === 'uploaded' || before.is === 'unknown' ? before.file : null;
    const becomes = (state: ChunkState) => this.#states.set(record.chunk, state);
    switch (record.state) {
      case 'uploaded':
        becomes({ is: 'uploaded', file: { id: record.file_id, rows: record.rows } });
        break;
      case 'sending':
        becomes({ is: 'unknown', file, failed: false, sentAt: timeOf(record) });
        break;
      case 'refused':
        becomes(file === null ? { is: 'new' } : { is: 'uploaded', file });
        break;
      case 'accepted':
        if (record.job_id !== null) this.#ownJobs.add(record.job_id);
        becomes({ is: 'accepted', jobId: record.job_id });
        break;
      case 'failed':
        if (record.job_id !== null) this.#ownJobs.add(record.job_id);
        becomes({ is: 'unknown', file: null, failed: true, sentAt: timeOf(record) });
        break;
      case 'looked':
        this.#applyLook(record, before);
        break;
      case 'done':
        becomes({ is: 'done', rows: record.rows, seen: false, at: timeOf(record) });
        break;
    }
  }

  #applyLook({ chunk, found, of }: JournalRecord & { state: 'looked' }, before: ChunkState): void {
    if (before.is === 'done') {
      if (found === of) this.#states.set(chunk, { ...before, seen: true });
      return;
    }
    if (found > 0 && found < of) this.#partly.add(chunk);
    if (found === of && !(before.is === 'unknown' && before.failed)) this.#foundWhole.add(chunk);
  }
}

/** The time of a record, in ms; 0 where it has none. */
function timeOf({ at }: JournalRecord): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? 0 : time;
}

async function openExisting(path: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new FileError('FILE_NOT_REGULAR', `${path}: is not a regular file, and a journal must be one`);
}

async function create(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'wx+');
    await handle.sync();
    await syncFolder(dirname(path));
    return handle;
  } catch (error) {
    throw fileError(path, error);
  }
}

/** So that a power cut does not take the file's name. Not every system lets one open a folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function journalNotWritten(path: string, error: unknown): unknown {
  const known = fileError(path, error);
  if (!(known instanceof FileError)) return error;
  return new FileError(known.code, `${known.message}: stopped, as what cannot be noted must not be sent`, {
    hint: `${known.hint ?? ''} Then run the same command again: it goes on from the journal.`.trim(),
    cause: error,
  });
}

/**
 * One run at a time for a journal: `<journal>.lock` holds who has it. @throws PublishError `JOURNAL_LOCKED`
 */
export function lockJournal(journal: string): Promise<RunLock> {
  return RunLock.take(`${journal}.lock`, { held: (owner) => locked(journal, owner) });
}

function locked(journal: string, owner: LockOwner | null): PublishError {
  const who = owner === null ? 'another run' : `process ${owner.pid} on ${owner.host}`;
  const hint = `Wait for it to end. If it is gone for certain, delete ${journal}.lock and run again.`;
  return new PublishError('JOURNAL_LOCKED', `${journal}: is being written by ${who}`, { hint });
}
