/**
 * What WebDataset keeps beside an image in a tar: files of the same key with the extensions `cls` (class), `json` and
 * `txt`. A key is a path up to the first dot of its last part, as in webdataset's `base_plus_ext`.
 */
import { quoted } from '../../../base/index.js';
import { DataError } from '../../data-error.js';

const KEY = /^((?:.*\/|)[^.]+)[.]([^/]*)$/;
const SIDECARS: readonly string[] = ['cls', 'json', 'txt'];
export const CLASS = 'cls';
/** Text about one image. */
const MAX_SIDECAR_BYTES = 2 ** 20;

export interface SidecarFile {
  name: string;
  size: number;
  read(): Promise<Uint8Array>;
}

export interface Sidecars {
  /** Names of the columns: `cls`, `txt`, and the members of the JSON objects. */
  columns: readonly string[];
  labelColumn: string | null;
  /** What stands beside an image: a value for each column. */
  rowOf(imageName: string): readonly unknown[];
}

/** Null where nothing is beside any image. @throws DataError `WEBDATASET_SIDECAR` */
export async function readSidecars(
  files: readonly SidecarFile[],
  isImage: (name: string) => boolean,
  where: string,
): Promise<Sidecars | null> {
  const images = new Set(files.flatMap(({ name }) => (isImage(name) ? [keyOf(name)?.key ?? ''] : [])));
  const beside = new Map<string, Map<string, unknown>>();
  const columns = new Set<string>();
  for (const file of files) {
    const { key, extension } = keyOf(file.name) ?? { key: '', extension: '' };
    if (!SIDECARS.includes(extension) || !images.has(key)) continue;
    const values = beside.get(key) ?? new Map<string, unknown>();
    beside.set(key, values);
    for (const [column, value] of await readSidecar(file, extension, where)) {
      values.set(column, value);
      columns.add(column);
    }
  }
  if (columns.size === 0) return null;
  const names = [...columns];
  const rowOf = (name: string) => {
    const values = beside.get(keyOf(name)?.key ?? '');
    return names.map((column) => values?.get(column) ?? null);
  };
  return { columns: names, labelColumn: columns.has(CLASS) ? CLASS : null, rowOf };
}

export function isSidecar(name: string, size: number): boolean {
  return size <= MAX_SIDECAR_BYTES && SIDECARS.includes(keyOf(name)?.extension ?? '');
}

function keyOf(name: string): { key: string; extension: string } | null {
  const [, key, extension] = KEY.exec(name) ?? [];
  return key === undefined || extension === undefined ? null : { key, extension: extension.toLowerCase() };
}

async function readSidecar(file: SidecarFile, extension: string, where: string): Promise<[string, unknown][]> {
  const place = `${where} ${quoted(file.name)}`;
  if (file.size > MAX_SIDECAR_BYTES) {
    const [found, most] = [file.size.toLocaleString('en'), MAX_SIDECAR_BYTES.toLocaleString('en')];
    throw new DataError('WEBDATASET_SIDECAR', `${place}: ${found} bytes beside an image, at most ${most} are read`);
  }
  const text = decoded(await file.read(), place);
  if (extension !== 'json') return [[extension, text.trim()]];
  const object = parsed(text, place);
  return Object.entries(object).map(([name, value]) => [name, value]);
}

function decoded(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DataError('WEBDATASET_SIDECAR', `${place}: not UTF-8`, { cause: error });
  }
}

function parsed(text: string, place: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DataError('WEBDATASET_SIDECAR', `${place}: no JSON`, { cause: error });
  }
  // A class or a caption alone is JSON, too, but has no name to be a column of.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
