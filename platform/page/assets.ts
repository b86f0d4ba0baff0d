/** Files of this package, as modules that the build makes: bundlers find them, and no page has to be told where they are. */
import { inflateSync } from 'fflate';
import { LATER, READY } from './packed/index.js';

const loaded = new Map<string, Uint8Array>();

/** Null if it is not there, or not loaded yet. */
export function asset(name: string): Uint8Array | null {
  const found = loaded.get(name);
  const packed = READY[name];
  if (found !== undefined || packed === undefined) return found ?? null;
  return keep(name, packed);
}

function keep(name: string, packed: string): Uint8Array {
  const bytes = inflateSync(Uint8Array.from(atob(packed), (character) => character.charCodeAt(0)));
  loaded.set(name, bytes);
  return bytes;
}

/** Loads all whose names begin so. */
export async function loadAssets(begin: string): Promise<void> {
  const names = Object.keys(LATER).filter((name) => name.startsWith(begin) && !loaded.has(name));
  await Promise.all(names.map(async (name) => keep(name, (await LATER[name]!()).default)));
}

/** For a thread, which takes those that were loaded before it started. */
export function loadedAssets(): ReadonlyMap<string, Uint8Array> {
  return loaded;
}

export function takeAssets(assets: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, bytes] of assets) loaded.set(name, bytes);
}

/** Nothing is there: a page has files, not folders of the package. */
export function assetFolder(name: string): string {
  return `/image-drift/${name}`;
}
