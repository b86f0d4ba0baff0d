/**
 * One run at a time for a journal: `<journal>.lock` holds who has it. A lock whose process is gone (kill -9, power cut)
 * is taken over; one of another machine, where nobody here can look, is not.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { fileError } from '../../files/index.js';
import { PublishError } from '../publish-error.js';

/** Writing a lock, or taking one over, takes milliseconds: what is this old and not finished is of a run that was killed. */
const ABANDONED_MS = 10_000;
/** Longest wait for `ps`, which takes milliseconds. */
const PS_MS = 5_000;

interface Owner {
  pid: number;
  host: string;
  /** When the process began, as the system counts; null where it does not tell. Another process can have the pid later. */
  started: string | null;
  /** Tells this lock from an earlier one of the same process. */
  id: string;
}

export class JournalLock {
  readonly #path: string;
  readonly #owner: Owner;

  private constructor(path: string, owner: Owner) {
    this.#path = path;
    this.#owner = owner;
  }

  /** @throws PublishError `JOURNAL_LOCKED` */
  static async take(journal: string): Promise<JournalLock> {
    const path = `${journal}.lock`;
    const owner: Owner = { pid: process.pid, host: hostname(), started: await startOf(process.pid), id: randomUUID() };
    const lock = new JournalLock(path, owner);
    if (await lock.#create()) return lock;
    await lock.#removeStale(journal);
    if (await lock.#create()) return lock;
    throw locked(journal, await ownerOf(path));
  }

  /** Never removes a lock of another run. */
  async release(): Promise<void> {
    const owner = await ownerOf(this.#path);
    if (owner?.id === this.#owner.id) await unlink(this.#path).catch(() => undefined);
  }

  async #create(): Promise<boolean> {
    return createExclusively(this.#path, JSON.stringify(this.#owner));
  }

  /** Guarded by a file of its own, so that of two runs that see the same dead owner only one removes its lock. */
  async #removeStale(journal: string): Promise<void> {
    const guard = `${this.#path}.takeover`;
    if ((await ageOf(guard)) > ABANDONED_MS) await unlink(guard).catch(() => undefined);
    if (!(await createExclusively(guard, ''))) throw locked(journal, await ownerOf(this.#path));
    try {
      const owner = await ownerOf(this.#path);
      const gone = owner === null ? (await ageOf(this.#path)) > ABANDONED_MS : await isGone(owner);
      if (!gone) throw locked(journal, owner);
      await unlink(this.#path).catch(() => undefined);
    } finally {
      await unlink(guard).catch(() => undefined);
    }
  }
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileError(path, error);
  }
  try {
    await handle.writeFile(text);
    await handle.sync();
    return true;
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw fileError(path, error);
  } finally {
    await handle.close();
  }
}

/** Null when there is none, or when its writer has not yet written who it is (or was killed before). */
async function ownerOf(path: string): Promise<Owner | null> {
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? (owner as Owner) : null;
  } catch {
    return null;
  }
}

async function ageOf(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
}

async function isGone({ pid, host, started }: Owner): Promise<boolean> {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  const now = await startOf(pid);
  return started !== null && now !== null && now !== started;
}

/**
 * Field 22 of `/proc/<pid>/stat`, counted behind the name, which may hold anything; elsewhere what POSIX's `ps` says. Null
 * on Windows: there a lock whose number another process has since been given has to be removed by hand.
 */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text !== null) return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  if (process.platform === 'win32') return null;
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const asked = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env, timeout: PS_MS });
  return asked.then(({ stdout }) => stdout.trim() || null).catch(() => null);
}

function locked(journal: string, owner: Owner | null): PublishError {
  const who = owner === null ? 'another run' : `process ${owner.pid} on ${owner.host}`;
  return new PublishError('JOURNAL_LOCKED', `${journal}: is being written by ${who}`, {
    hint: `Wait for it to end. If it is gone for certain, delete ${journal}.lock and run again.`,
  });
}
