/** Uploaded files: metadata in the store, bytes in `files/`. The bytes are on disk before the metadata is written. */

import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from './database.js';
import { type Stored, Table } from './tables.js';

export type FileType = 'CSV' | 'PARQUET' | 'TAR_GZ';

export interface StoredFile extends Stored {
  filename: string;
  type: FileType;
  status: 'INITIATED' | 'SUCCESSFUL' | 'FAILED';
}

/** Its bytes may be there under an id already. */
type NewFile = Omit<StoredFile, keyof Stored> & { id?: string };

interface FilePart {
  number: number;
  part_id: string;
}

/** Prefix of unfinished files. The next start removes the unfinished files of a killed run. */
const INCOMING = 'incoming-';

export class Files extends Table<StoredFile, NewFile> {
  readonly #folder: string;

  constructor(database: Database, now: () => number, folder: string) {
    super(database, now, { name: 'files', what: 'File' });
    this.#folder = join(folder, 'files');
    mkdirSync(this.#folder, { recursive: true });
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith(INCOMING)) rmSync(join(this.#folder, name), { force: true });
    }
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

  async keep(received: string, filename: string, type: FileType): Promise<StoredFile> {
    const id = randomUUID();
    await rename(this.path(received), this.path(id));
    return this.insert({ id, filename, type, status: 'SUCCESSFUL' });
  }

  /** Stores a part, and replaces an earlier part of the same number. @returns the id of the part */
  async keepPart(received: string, fileId: string, number: number): Promise<string> {
    const partId = randomUUID();
    await rename(this.path(received), this.path(partName(fileId, number)));
    this.database.run('INSERT OR REPLACE INTO file_parts VALUES (?, ?, ?)', fileId, number, partId);
    return partId;
  }

  parts(fileId: string): FilePart[] {
    return this.database.all('SELECT number, part_id FROM file_parts WHERE file_id = ? ORDER BY number', fileId);
  }

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
    const file = this.update(fileId, { status: 'SUCCESSFUL' });
    for (const { number } of parts) await this.discard(partName(fileId, number));
    return file;
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
