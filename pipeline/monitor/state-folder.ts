/** The folder of a monitor: one process changes it at a time, and each change is there whole or not at all. */
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { entryAt, join, listFolder, removeFile } from '#platform';
import { isThere } from '../../files/index.js';
import { type LockOwner, makePrivateFolder, PRIVATE_FOLDER, RunLock } from '../../files/system/index.js';
import { writeOwnFile } from './json-lines.js';
import { MonitorStateError } from './monitor-error.js';
import { type MonitorState, readState, writeState } from './state-file.js';

export const PROFILE_FILE = 'profile.json';
/** Where services write what they have counted. */
export const RECORDED_FOLDER = 'recorded';
const LOCK_FILE = 'lock';
/** What `state.json` names is in these. */
const FOLDERS = ['sums', 'ids', 'files'] as const;
type Kind = (typeof FOLDERS)[number];

/** Ends the names of files that are not whole. */
const PARTIAL = '.partial';

/** A file is written in seconds. */
const ABANDONED_MS = 3_600_000;

/** An update takes seconds. One that waits longer than this ends, and says who has the folder. */
const WAIT_MS = 60_000;
const STEP_MS = 50;
/** The lock of another machine that died. */
const SILENT_MS = 60_000;

/** Files of a change that is under way; nothing refers to them until the state is written. */
export class Change {
  constructor(
    readonly folder: string,
    readonly state: MonitorState,
    readonly check: () => void,
  ) {
    state.change++;
  }

  /** @returns its name, for `state.json` */
  async write(kind: Kind, name: string, bytes: Uint8Array): Promise<string> {
    const file = `${kind}/${name}.${this.state.change}`;
    await writeOwnFile(join(this.folder, file), bytes);
    return file;
  }

  /** From here on the change has happened. @throws MonitorStateError `MONITOR_BUSY` if the lock was taken over */
  async commit(): Promise<void> {
    this.check();
    await writeState(this.folder, this.state);
    await removeUnnamed(this.folder, this.state);
  }
}

/** What a change or a process that was killed has left. */
async function removeUnnamed(folder: string, { components, ids }: MonitorState): Promise<void> {
  const named = new Set([
    ...components.flatMap(({ files, months }) => [files, ...Object.values(months)]),
    ...Object.values(ids),
  ]);
  // With the lock, nobody else is writing.
  for (const { name } of await listFolder(folder)) {
    if (name.endsWith(PARTIAL)) await removeFile(join(folder, name));
  }
  await removeOldPartial(join(folder, RECORDED_FOLDER));
  for (const kind of FOLDERS) {
    for (const { name } of await listFolder(join(folder, kind))) {
      if (!named.has(`${kind}/${name}`)) await removeFile(join(folder, kind, name));
    }
  }
}

/** What recorders that were killed have left: others may be writing. */
async function removeOldPartial(folder: string): Promise<void> {
  if (!(await isThere(folder))) return;
  for (const { name } of await listFolder(folder)) {
    const path = join(folder, name);
    if (!name.endsWith(PARTIAL)) continue;
    const entry = await entryAt(path);
    if (entry !== null && Date.now() - entry.mtimeMs > ABANDONED_MS) await removeFile(path);
  }
}

/** @throws MonitorStateError `MONITOR_STATE_THERE` if there is one */
export async function makeStateFolder(folder: string, state: MonitorState, profile: Uint8Array): Promise<void> {
  await makePrivateFolder(folder);
  await locked(folder, async (check) => {
    // Others that wait for the lock have files beside it.
    const names = (await listFolder(folder)).map(({ name }) => name).filter((name) => !name.startsWith(LOCK_FILE));
    // A process that was killed here has left a profile and no state: it is begun again.
    const own: readonly string[] = [...FOLDERS, PROFILE_FILE];
    const other = names.find((name) => !own.includes(name));
    if (other !== undefined) {
      throw new MonitorStateError('MONITOR_STATE_THERE', `${folder}: there is ${other} in it; a new folder is needed`, {
        hint: 'A promise cannot be changed later: name another folder, or remove this one.',
      });
    }
    for (const kind of FOLDERS) await mkdir(join(folder, kind), { recursive: true, mode: PRIVATE_FOLDER });
    await writeOwnFile(join(folder, PROFILE_FILE), profile);
    check();
    await writeState(folder, state);
  });
}

/** Waits for another process that changes the folder. @throws MonitorStateError `MONITOR_BUSY` */
export async function locked<T>(folder: string, use: (check: () => void) => Promise<T>): Promise<T> {
  const lock = await takeLock(folder);
  try {
    return await use(() => lock.check());
  } finally {
    await lock.release();
  }
}

async function takeLock(folder: string): Promise<RunLock> {
  const held = (owner: LockOwner | null) => {
    const by = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
    return new MonitorStateError('MONITOR_BUSY', `${folder}: ${by} is changing it`, {
      hint: 'Run it again when that one has ended.',
      exitCode: 5,
    });
  };
  for (let waited = 0; ; waited += STEP_MS) {
    try {
      return await RunLock.take(join(folder, LOCK_FILE), { held, silentMs: SILENT_MS });
    } catch (error) {
      if (!(error instanceof MonitorStateError) || waited >= WAIT_MS) throw error;
      await pause(STEP_MS);
    }
  }
}

/** Reads while another process may change the folder: files that are gone are those of a state that was replaced. */
export async function reading<T>(folder: string, use: (state: MonitorState) => Promise<T>): Promise<T> {
  for (let tries = 3; ; tries--) {
    const state = await readState(folder);
    try {
      return await use(state);
    } catch (error) {
      const isGone = (error as { code?: string }).code === 'FILE_NOT_FOUND';
      if (!isGone || tries === 0 || (await readState(folder)).change === state.change) throw error;
    }
  }
}
