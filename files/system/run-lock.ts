/**
 * One run at a time: a file says which process has the right to something. A lock whose process is gone (kill -9, power
 * cut) is taken over; one of another machine stays, or is taken over after a silence.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isAlive } from '#platform';
import { fileError } from '../index.js';

/** Writing a lock, or taking one over, takes milliseconds: what is this old and not finished is of a run that was killed. */
const ABANDONED_MS = 10_000;
/** Longest wait for `ps`, which takes milliseconds. */
const PS_MS = 5_000;
/** Signs of life within the time after which silence counts. */
const BEATS = 6;

const GRACE_STEP_MS = 50;

export interface LockOwner {
  pid: number;
  host: string;
  /** When the process began, as the system counts; null where it does not tell. Another process can have the pid later. */
  started: string | null;
  /** Tells this lock from an earlier one of the same process. */
  id: string;
}

export interface RunLockOptions {
  /** The error for a lock that another run has; null where that one cannot be read. */
  held(owner: LockOwner | null): Error;
  /** The file is touched while held; another machine's is taken over after so many ms without. Default: never. */
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

  /** The one of two runs that has this file removes the lock of an owner that both see dead. */
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
    const owner = {
      pid: process.pid,
      host: hostname(),
      started: (await stateOf(process.pid))?.started ?? null,
      id: randomUUID(),
    };
    const lock = new RunLock(path, owner, options);
    if (await lock.#create()) return lock;
    await lock.#untilWritten();
    await lock.#removeStale();
    if (await lock.#create()) return lock;
    throw options.held(await ownerOf(path));
  }

  /** Never removes a lock of another run. */
  async release(): Promise<void> {
    if (this.#beat !== null) clearInterval(this.#beat);
    const owner = await ownerOf(this.#path);
    if (owner?.id === this.#owner.id) await unlink(this.#path).catch(() => undefined);
  }

  async #create(): Promise<boolean> {
    if (!(await createExclusively(this.#path, JSON.stringify(this.#owner)))) return false;
    // Whoever has removed a dead lock needs it no more; a run that was killed there has left it.
    await unlink(this.#guard).catch(() => undefined);
    const { silentMs } = this.#options;
    if (silentMs === undefined) return true;
    const touch = () => void utimes(this.#path, new Date(), new Date()).catch(() => undefined);
    this.#beat = setInterval(touch, silentMs / BEATS).unref();
    return true;
  }

  /** A run that was killed between making its lock and writing it leaves an empty one. Only time tells it from one at work. */
  async #untilWritten(): Promise<void> {
    for (let waited = 0; waited <= ABANDONED_MS; waited += GRACE_STEP_MS) {
      if ((await ownerOf(this.#path)) !== null) return;
      const modified = await modifiedOf(this.#path);
      if (modified === null || Date.now() - modified > ABANDONED_MS) return;
      await pause(GRACE_STEP_MS);
    }
  }

  async #removeStale(): Promise<void> {
    const seen = await ownerOf(this.#path);
    const silent = seen !== null && seen.host !== hostname() && (await this.#isSilent(seen));
    await this.#makeGuard();
    try {
      const owner = await ownerOf(this.#path);
      if (!(await this.#isStale(owner, silent && owner?.id === seen.id))) throw this.#options.held(owner);
      await unlink(this.#path).catch(() => undefined);
    } finally {
      await unlink(this.#guard).catch(() => undefined);
    }
  }

  /** Another run that looks at the lock takes milliseconds; one that was killed there leaves its guard. */
  async #makeGuard(): Promise<void> {
    while (!(await createExclusively(this.#guard, ''))) {
      const owner = await ownerOf(this.#path);
      if (owner !== null && !(await this.#isStale(owner, true))) throw this.#options.held(owner);
      if ((await ageOf(this.#guard)) > ABANDONED_MS) await unlink(this.#guard).catch(() => undefined);
      else await pause(GRACE_STEP_MS);
    }
  }

  async #isStale(owner: LockOwner | null, silent: boolean): Promise<boolean> {
    if (owner === null) return (await ageOf(this.#path)) > ABANDONED_MS;
    return owner.host === hostname() ? this.#hasEnded(owner) : silent;
  }

  async #hasEnded(owner: LockOwner): Promise<boolean> {
    const { graceMs = 0 } = this.#options;
    for (let waited = 0; waited < graceMs; waited += GRACE_STEP_MS) {
      if (await isGone(owner)) return true;
      await pause(GRACE_STEP_MS);
    }
    return isGone(owner);
  }

  /** Watches the file rather than comparing its time with this machine's clock, which may be another. */
  async #isSilent(owner: LockOwner): Promise<boolean> {
    const { silentMs, onWait } = this.#options;
    if (silentMs === undefined) return false;
    onWait?.(owner, silentMs);
    const first = await modifiedOf(this.#path);
    for (let watched = 0; watched < silentMs; watched += silentMs / BEATS) {
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
    const owner = JSON.parse(await readFile(path, 'utf8')) as Partial<LockOwner> | null;
    return typeof owner?.pid === 'number' && typeof owner.host === 'string' ? (owner as LockOwner) : null;
  } catch {
    return null;
  }
}

async function ageOf(path: string): Promise<number> {
  const modified = await modifiedOf(path);
  return modified === null ? 0 : Date.now() - modified;
}

async function isGone({ pid, started }: LockOwner): Promise<boolean> {
  if (!isAlive(pid)) return true;
  const now = await stateOf(pid);
  if (now === null) return false;
  return now.isDead || (started !== null && now.started !== started);
}

async function modifiedOf(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.mtimeMs ?? null;
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
