/** Named arrays in a file: an npz (zip of npy members), or a bare npy as an archive of one. Reading only, as streams. */
import { bytesOf } from '#platform';
import { nearest } from '../base/index.js';
import { type RandomAccess, RandomAccessFile, ZipArchive, type ZipMember } from '../files/index.js';
import { closedOnError, DataError } from './data-error.js';
import type { NpyHeader } from './npy/header.js';
import { type NpyArray, type NpySource, readNpy } from './npy/read.js';

/** The name of the only array of a bare npy file: what np.savez would have called it. */
export const NPY_ARRAY = 'arr_0';
const NPY_SUFFIX = '.npy';
/** Read at once from a bare npy file. */
const CHUNK_BYTES = 2 ** 20;
/** As many names as a message can hold and a person can read. */
const NAMES_TOLD = 20;

interface Source {
  where: string;
  bytes: number;
  stream(): AsyncIterable<Uint8Array>;
  /** Null where it can only be read from its start. */
  from: NpySource | null;
}

export class NpzFile {
  readonly #file: RandomAccess;
  readonly #sources: ReadonlyMap<string, Source>;

  private constructor(
    readonly path: string,
    file: RandomAccess,
    sources: ReadonlyMap<string, Source>,
  ) {
    this.#file = file;
    this.#sources = sources;
  }

  /** Reads only the list of members. @throws FileError for a broken zip; DataError `NPZ_FORMAT`, `NPZ_NO_ARRAYS` */
  static async open(path: string): Promise<NpzFile> {
    return NpzFile.in(await RandomAccessFile.open(path));
  }

  /** As `open`, of a file that is open. It is closed with the arrays, or after an error. */
  static async in(file: RandomAccess): Promise<NpzFile> {
    return closedOnError(file, async () => {
      const sources = await findSources(file);
      return new NpzFile(file.path, file, sources);
    });
  }

  /** Array names in the file's order, as numpy's `files`: `arr_0` for the member `arr_0.npy`. */
  get names(): string[] {
    return [...this.#sources.keys()];
  }

  has(name: string): boolean {
    return this.#sources.has(name);
  }

  where(name: string): string {
    return this.#source(name).where;
  }

  /** Reads to the first element; may be called again. @throws DataError `NPZ_ARRAY_MISSING`, `NPY_…` */
  async array(name: string): Promise<NpyArray> {
    const source = this.#source(name);
    return readNpy(source.stream(), source.where, source.bytes, source.from);
  }

  async header(name: string): Promise<NpyHeader> {
    const array = await this.array(name);
    await array.close();
    return array.header;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #source(name: string): Source {
    const source = this.#sources.get(name);
    if (source !== undefined) return source;
    const close = nearest(name, this.#sources.keys());
    throw new DataError('NPZ_ARRAY_MISSING', `${this.path}: no array ${name}, there are ${list(this.names)}`, {
      hint: close === null ? undefined : `Did you mean ${close}?`,
    });
  }
}

async function findSources(file: RandomAccess): Promise<ReadonlyMap<string, Source>> {
  const start = await file.read(0, Math.min(2, file.size));
  if (start[0] === 0x93) {
    const from = (offset: number) => fileChunks(file, offset);
    return new Map([[NPY_ARRAY, { where: file.path, bytes: file.size, stream: () => from(0), from }]]);
  }
  if (start[0] !== 0x50 || start[1] !== 0x4b) {
    const found = file.size === 0 ? 'is empty' : `starts with ${bytesOf(start).toString('hex')}`;
    throw new DataError('NPZ_FORMAT', `${file.path}: neither npz (starts with 504b) nor npy (93), it ${found}`);
  }
  return memberSources(file.path, await ZipArchive.open(file));
}

function memberSources(path: string, archive: ZipArchive): ReadonlyMap<string, Source> {
  const source = (member: ZipMember): Source => ({
    where: `${path} ${member.name}`,
    bytes: member.size,
    stream: () => archive.stream(member),
    from: member.method === 'stored' ? (offset) => archive.streamFrom(member, offset) : null,
  });
  const sources = new Map<string, Source>();
  for (const member of archive.members.values()) {
    if (member.name.endsWith(NPY_SUFFIX)) sources.set(member.name.slice(0, -NPY_SUFFIX.length), source(member));
  }
  if (sources.size === 0) {
    const members = [...archive.members.keys()];
    throw new DataError(
      'NPZ_NO_ARRAYS',
      `${path}: a zip file without arrays (members named *.npy), its members are ${list(members)}`,
    );
  }
  return sources;
}

/** One buffer for all: who reads them asks for the next when done with one. */
async function* fileChunks(file: RandomAccess, first: number): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = new Uint8Array(Math.min(CHUNK_BYTES, file.size));
  for (let offset = first; offset < file.size; offset += CHUNK_BYTES) {
    const chunk = buffer.subarray(0, Math.min(CHUNK_BYTES, file.size - offset));
    await file.readInto(chunk, offset);
    yield chunk;
  }
}

function list(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const told = names.slice(0, NAMES_TOLD).map((name) => name.slice(0, 80));
  return told.join(', ') + (names.length > NAMES_TOLD ? ` and ${names.length - NAMES_TOLD} more` : '');
}
