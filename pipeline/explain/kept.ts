/** What was found about a baseline, in the cache folder, by the content it depends on; damaged files are made again. */
import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cacheFolder,
  makePrivateFolder,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  writeFileAtomically,
} from '../../files/system/index.js';

/** Part of every key: another version of the library or of the format finds nothing. */
const VERSION = 1;
/** Bytes of all files; those that were not used for longest are removed first. */
const MAX_BYTES = 2 ** 28;

type KeptArrays = Readonly<Record<string, Float32Array>>;

export class Kept {
  readonly #folder: string | null;

  constructor(isOn: boolean) {
    const folder = isOn ? cacheFolder() : null;
    this.#folder = folder === null ? null : join(folder, 'explain');
  }

  async get(key: readonly unknown[], make: () => Promise<KeptArrays>): Promise<KeptArrays> {
    if (this.#folder === null) return make();
    const name = createHash('sha256').update(JSON.stringify([VERSION, ...key]));
    const path = join(this.#folder, `${name.digest('hex')}.bin`);
    const found = await read(path);
    if (found !== null) return found;
    const made = await make();
    await this.#write(path, made);
    return made;
  }

  async #write(path: string, arrays: KeptArrays): Promise<void> {
    const sizes = Object.entries(arrays).map(([name, { length }]) => ({ name, length }));
    const head = Buffer.from(JSON.stringify(sizes));
    const body = Buffer.concat(
      Object.values(arrays).map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength)),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(head.length);
    const hash = createHash('sha256').update(head).update(body).digest();
    try {
      await makePrivateFolder(this.#folder!);
      // Earlier versions made it for all to read.
      await chmod(this.#folder!, PRIVATE_FOLDER);
      await this.#makeRoom(body.length);
      const bytes = Buffer.concat([hash, length, head, body]);
      await writeFileAtomically(path, (file) => file.write(bytes), PRIVATE_FILE);
    } catch {
      // A home folder that is read-only or full: the next run computes it again.
    }
  }

  async #makeRoom(bytes: number): Promise<void> {
    const paths = (await readdir(this.#folder!))
      .filter((name) => name.endsWith('.bin'))
      .map((name) => join(this.#folder!, name));
    const files = await Promise.all(paths.map(async (path) => ({ path, ...(await stat(path)) })));
    files.sort((a, b) => b.mtimeMs - a.mtimeMs);
    let total = bytes;
    for (const { path, size } of files) {
      total += size;
      if (total > MAX_BYTES) await rm(path, { force: true });
    }
  }
}

async function read(path: string): Promise<KeptArrays | null> {
  try {
    const bytes = await readFile(path);
    const head = bytes.subarray(36, 36 + bytes.readUInt32LE(32));
    const body = bytes.subarray(36 + head.length);
    if (!createHash('sha256').update(head).update(body).digest().equals(bytes.subarray(0, 32))) return null;
    const sizes = JSON.parse(head.toString()) as { name: string; length: number }[];
    let at = 0;
    const arrays: Record<string, Float32Array> = {};
    for (const { name, length } of sizes) {
      arrays[name] = new Float32Array(body.buffer.slice(body.byteOffset + at, body.byteOffset + at + 4 * length));
      at += 4 * length;
    }
    await utimes(path, new Date(), new Date());
    return arrays;
  } catch {
    return null;
  }
}
