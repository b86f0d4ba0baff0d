/**
 * One run at a time: a file says which process has the right to something. A lock whose process is gone (kill -9, power
 * cut) is taken over at once where that can be seen, in the same boot and container; else after a silence. A process
 * that was only asleep finds another's id in the lock, which it looks for before each change.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive, PROCESS_PLACE } from '#platform';
import { fileError, toFileError } from '../index.js';

/** Writing a lock, or taking one over, takes milliseconds: what is this old and not finished is of a run that was killed. */
const ABANDONED_MS = 5_000;
/** Longest wait for `ps`, which takes milliseconds. */
const PS_MS = 5_000;
const SILENT_MS = 30_000;
/** Signs of life within the time after which silence counts. */
const BEATS = 6;

const GRACE_STEP_MS = 50;

export interface LockOwner {
  pid: number;
  host: string;
  /** When the process began, as the system counts; null where it does not tell. Another process can have the pid later. */
  started: string | null;
  /** What the pid is unique in: boot and container. Absent or null where the system does not say. */
  place?: string | null;
  /** The holder touches the file; after so many ms without, it has ended. Absent in locks of older versions: never. */
  silentMs?: number;
  /** Tells this lock from an earlier one of the same process. */
  id: string;
}

export interface RunLockOptions {
  /** The error for a lock that another run has; null where that one cannot be read. */
  held(owner: LockOwner | null): Error;
  /** The file is touched while held; elsewhere it is taken over after so many ms without. Default: 30,000. */
  silentMs?: number | undefined;
  /** How long to wait for a process of this machine to end, ms: one that was just killed takes a moment. Default: 0. */
  graceMs?: number | undefined;
  /** Called before a lock of another machine is watched. */
  onWait?: ((owner: LockOwner, milliseconds: number) => void) | undefined;
}

export class RunLock {
  readonly #path: string;
  readonly #owner: LockOwner;
  readonly #options: RunLockOptions;
  #beat: NodeJS.Timeout | null = null;

  /** The one of two runs that has this file replaces the lock of an owner that both see dead. */
  get #guard(): string {
    return `${this.#path}.takeover`;
  }

  private constructor(path: string, owner: LockOwner, options: RunLockOptions) {
    this.#path = path;
    this.#owner = owner;
    this.#options = options;
  }

  /** @throws what `held` gives; FileError */
  static async take(path: string, options: RunLockOptions): Promise<RunLock> {
    const { silentMs = SILENT_MS } = options;
    const owner = {
      pid: process.pid,
      host: hostname(),
      started: (await stateOf(process.pid))?.started ?? null,
      place: PROCESS_PLACE,
      silentMs,
      id: randomUUID(),
    };
    const lock = new RunLock(path, owner, options);
    if (await lock.#create()) return lock;
    await lock.#untilWritten();
    if (await lock.#takeOver()) return lock;
    throw options.held(await ownerOf(path));
  }

  /** Called before each change of what the lock is for. @throws what `held` gives, if another run has taken it over */
  check(): void {
    const owner = parsedOwner(readNow(this.#path));
    if (owner?.id !== this.#owner.id) throw this.#options.held(owner);
  }

  /** Never removes a lock of another run. */
  async release(): Promise<void> {
    if (this.#beat !== null) clearInterval(this.#beat);
    const isOwn = async () => (await ownerOf(this.#path))?.id === this.#owner.id;
    if (!(await isOwn())) return;
    await this.#makeGuard().catch(() => undefined);
    if (await isOwn()) await unlink(this.#path).catch(() => undefined);
    await unlink(this.#guard).catch(() => undefined);
  }

  async #create(): Promise<boolean> {
    if (!(await createExclusively(this.#path, JSON.stringify(this.#owner)))) return false;
    // Whoever has removed a dead lock needs it no more; a run that was killed there has left it.
    await unlink(this.#guard).catch(() => undefined);
    return this.#begin();
  }

  /** Whether the lock is still this one: a run that slept while it wrote it may have lost it. */
  async #begin(): Promise<boolean> {
    const isOwn = async () => (await ownerOf(this.#path))?.id === this.#owner.id;
    if (!(await isOwn())) return false;
    const beat = async () => {
      if (await isOwn()) await utimes(this.#path, new Date(), new Date()).catch(() => undefined);
    };
    this.#beat = setInterval(() => void beat(), (this.#owner.silentMs ?? SILENT_MS) / BEATS).unref();
    return true;
  }

  /** A run that was killed between making its lock and writing it leaves an empty one. Only time tells it from one at work. */
  async #untilWritten(): Promise<void> {
    for (let waited = 0; waited <= ABANDONED_MS; waited += GRACE_STEP_MS) {
      if ((await ownerOf(this.#path)) !== null || (await modifiedOf(this.#path)) === null) return;
      await pause(GRACE_STEP_MS);
    }
  }

  /** Replaces the lock in one step: there is never a moment without one, in which a third run could make its own. */
  async #takeOver(): Promise<boolean> {
    const seen = await ownerOf(this.#path);
    const modified = await modifiedOf(this.#path);
    if (modified === null) return this.#create();
    if (seen !== null && !(await this.#hasEnded(seen))) throw this.#options.held(seen);
    const own = `${this.#guard}.${this.#owner.id}`;
    await this.#makeGuard();
    try {
      const owner = await ownerOf(this.#path);
      if (owner?.id !== seen?.id) throw this.#options.held(owner);
      if ((await modifiedOf(this.#path)) === null) return await this.#create();
      await createExclusively(own, JSON.stringify(this.#owner));
      await rename(own, this.#path).catch(toFileError(this.#path));
      return await this.#begin();
    } finally {
      await unlink(own).catch(() => undefined);
      await unlink(this.#guard).catch(() => undefined);
    }
  }

  /** Another run that has the guard takes milliseconds; one that was killed there leaves it. */
  async #makeGuard(): Promise<void> {
    const begin = performance.now();
    while (!(await createExclusively(this.#guard, ''))) {
      if (performance.now() - begin > ABANDONED_MS) await unlink(this.#guard).catch(() => undefined);
      else await pause(GRACE_STEP_MS);
    }
  }

  async #hasEnded(owner: LockOwner): Promise<boolean> {
    if (PROCESS_PLACE === null || owner.place !== PROCESS_PLACE) return this.#isSilent(owner);
    const { graceMs = 0 } = this.#options;
    for (let waited = 0; waited < graceMs; waited += GRACE_STEP_MS) {
      if (await isGone(owner)) return true;
      await pause(GRACE_STEP_MS);
    }
    return isGone(owner);
  }

  /** Watches the file rather than comparing its time with this machine's clock, which may be another. */
  async #isSilent(owner: LockOwner): Promise<boolean> {
    const { silentMs } = owner;
    if (typeof silentMs !== 'number' || !(silentMs > 0)) return false;
    this.#options.onWait?.(owner, silentMs);
    const first = await modifiedOf(this.#path);
    const begin = performance.now();
    while (performance.now() - begin < silentMs) {
      await pause(silentMs / BEATS);
      if ((await modifiedOf(this.#path)) !== first) return false;
    }
    return true;
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
async function ownerOf(path: string): Promise<LockOwner | null> {
  try {
    return parsedOwner(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

function parsedOwner(text: string): LockOwner | null {
  try {
    const owner = JSON.parse(text) as Partial<LockOwner> | null;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? (owner as LockOwner) : null;
  } catch {
    return null;
  }
}

/** Empty where there is none. */
function readNow(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw fileError(path, error);
  }
}

async function isGone({ pid, started }: LockOwner): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const now = await stateOf(pid);
  if (now === null) return false;
  return now.isDead || (started !== null && now.started !== started);
}

/** Through an open file: of a path alone, a client of NFS says what it saw a minute ago. */
async function modifiedOf(path: string): Promise<number | null> {
  const handle = await open(path, 'r').catch(() => null);
  try {
    return (await handle?.stat())?.mtimeMs ?? null;
  } finally {
    await handle?.close();
  }
}

/**
 * Field 22 of `/proc/<pid>/stat`, counted behind the name, which may hold anything; elsewhere what POSIX's `ps` says.
 * Null on Windows: there a lock whose number another process has since been given has to be removed by hand.
 */
async function stateOf(pid: number): Promise<{ started: string; isDead: boolean } | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text !== null) {
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended, though whoever started it has not looked yet: in a container perhaps nobody ever will.
    return fields[19] === undefined ? null : { started: fields[19], isDead: ['Z', 'X'].includes(fields[0]!) };
  }
  if (process.platform === 'win32') return null;
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const asked = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], { env, timeout: PS_MS });
  const started = await asked.then(({ stdout }) => stdout.trim()).catch(() => '');
  return started === '' ? null : { started, isDead: false };
}
