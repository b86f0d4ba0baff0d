/** Uploaded files: metadata in the store, bytes in `files/`. The bytes are on disk before the metadata is written. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from './database.js';

export type FileType = 'CSV' | 'PARQUET' | 'TAR_GZ';
type FileStatus = 'INITIATED' | 'SUCCESSFUL' | 'FAILED';

export interface StoredFile {
  id: string;
  filename: string;
  type: FileType;
  status: FileStatus;
  created_at: number;
  updated_at: number;
}

interface FilePart {
  number: number;
  part_id: string;
}

/** Prefix of unfinished files. The next start removes the unfinished files of a killed run. */
const INCOMING = 'incoming-';

export class Files {
  readonly #folder: string;

  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number, folder: string) {
    this.#database = database;
    this.#now = now;

    this.#folder = join(folder, 'files');
    mkdirSync(this.#folder, { recursive: true });
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith(INCOMING)) rmSync(join(this.#folder, name), { force: true });
    }
  }

  get(id: string): StoredFile | null {
    return this.#database.get('SELECT * FROM files WHERE id = ?', id);
  }

  path(id: string): string {
    return join(this.#folder, id);
  }

  /** Writes a stream to its own file and syncs it to disk. @returns a name for `keep`, `keepPart` or `discard` */
  async receive(stream: Readable): Promise<string> {
    const name = `${INCOMING}${randomUUID()}`;
    try {
      await pipeline(stream, createWriteStream(this.path(name), { flags: 'wx', mode: 0o600 }));
      await this.#sync(name);
      return name;
    } catch (error) {
      await this.discard(name);
      throw error;
    }
  }

  async discard(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /** Turns received bytes into a file. */
  async keep(received: string, filename: string, type: FileType): Promise<StoredFile> {
    const id = randomUUID();
    await rename(this.path(received), this.path(id));
    return this.#insert({ id, filename, type, status: 'SUCCESSFUL' });
  }

  /** Creates a file whose parts follow. */
  initiate(filename: string, type: FileType): StoredFile {
    return this.#insert({ id: randomUUID(), filename, type, status: 'INITIATED' });
  }

  /** Stores a part, and replaces an earlier part of the same number. @returns the id of the part */
  async keepPart(received: string, fileId: string, number: number): Promise<string> {
    const partId = randomUUID();
    await rename(this.path(received), this.path(partName(fileId, number)));
    this.#database.run('INSERT OR REPLACE INTO file_parts VALUES (?, ?, ?)', fileId, number, partId);
    return partId;
  }

  parts(fileId: string): FilePart[] {
    return this.#database.all('SELECT number, part_id FROM file_parts WHERE file_id = ? ORDER BY number', fileId);
  }

  /** Joins all parts in the order of their numbers. */
  async complete(fileId: string): Promise<StoredFile> {
    const parts = this.parts(fileId);
    const joined = `${INCOMING}${randomUUID()}`;
    for (const { number } of parts) {
      await pipeline(
        createReadStream(this.path(partName(fileId, number))),
        createWriteStream(this.path(joined), { flags: 'a', mode: 0o600 }),
      );
    }
    await this.#sync(joined);
    await rename(this.path(joined), this.path(fileId));
    this.#database.run("UPDATE files SET status = 'SUCCESSFUL', updated_at = ? WHERE id = ?", this.#now(), fileId);
    for (const { number } of parts) await this.discard(partName(fileId, number));
    return this.get(fileId)!;
  }

  #insert(file: Omit<StoredFile, 'created_at' | 'updated_at'>): StoredFile {
    const now = this.#now();
    const { id, filename, type, status } = file;
    this.#database.run('INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)', id, filename, type, status, now, now);
    return { ...file, created_at: now, updated_at: now };
  }

  async #sync(name: string): Promise<void> {
    const handle = await open(this.path(name), 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function partName(fileId: string, number: number): string {
  return `${fileId}.part-${number}`;
}
