/** Patterns of paths: `*`, `?`, `[a-z]`, `**` for any folders, `{a,b}`, and ranges of numbers, `{00000..00099}`. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, fileError, isNoUtf8 } from '../../../files/index.js';
import { compareKeys } from './listing.js';
import { PathPattern, type Places, type Reached, WILD } from './path-pattern.js';

const BRACES = /\{([^{}]*)\}/;
const CHOICES = /\{(\d+\.\.\d+|[^{}]*,[^{}]*)\}/;
const RANGE = /^(\d+)\.\.(\d+)$/;
/** As many as anyone has shards. */
const MAX_EXPANDED = 1_000_000;

/** Whether a path is a pattern. Ask for the path itself first: a name may have brackets. */
export function isPattern(path: string): boolean {
  return WILD.test(path) || BRACES.test(path);
}

/**
 * The paths that a pattern means, in the order of their bytes. Names that begin with a dot are met by no `*`.
 * @throws FileError `FILE_NOT_FOUND` where nothing fits the pattern; another where a folder cannot be read
 */
export async function expandPattern(pattern: string): Promise<string[]> {
  const paths = new Set<string>();
  for (const one of expandBraces(pattern)) {
    if (!WILD.test(one)) paths.add(one);
    else for await (const path of matches(one)) paths.add(path);
  }
  if (paths.size === 0) throw new FileError('FILE_NOT_FOUND', `${pattern}: nothing fits this pattern`);
  return [...paths].sort(compareKeys);
}

/** Whether a URL has braces that mean several. Other braces are characters of URLs, and so are `*` and `?` outside of S3. */
export function hasChoices(url: string): boolean {
  return CHOICES.test(url);
}

/** Each combination of what stands between braces. */
export function expandBraces(pattern: string): string[] {
  const open: string[] = [pattern];
  const done: string[] = [];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const [braces, inside] = BRACES.exec(one) ?? [];
    if (braces === undefined || inside === undefined) done.push(one);
    else for (const choice of choices(inside, pattern).reverse()) open.push(one.replace(braces, () => choice));
    if (open.length + done.length > MAX_EXPANDED) throw tooMany(pattern);
  }
  return done;
}

function choices(inside: string, pattern: string): string[] {
  const [, first, last] = RANGE.exec(inside) ?? [];
  if (first === undefined || last === undefined) return inside.split(',');
  const [from, count] = [Number(first), Number(last) - Number(first) + 1];
  if (!(count <= MAX_EXPANDED)) throw tooMany(pattern);
  return Array.from({ length: Math.max(0, count) }, (_, i) => String(from + i).padStart(first.length, '0'));
}

function tooMany(pattern: string): FileError {
  return new FileError('FILE_PATH_INVALID', `${pattern}: means more than a million paths`);
}

async function* matches(pattern: string): AsyncGenerator<string> {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => WILD.test(part));
  const base = parts.slice(0, wild).join('/');
  const path = new PathPattern(parts.slice(wild));
  yield* walk(wild === 0 ? '' : base === '' ? '/' : base, path, path.first, new Set());
}

/**
 * Each folder is read once, with all places of the pattern that may follow there: trying one after the other takes a time
 * that grows with each `**`.
 * @param done folders with their places: a name that is `..` leads back to them
 */
async function* walk(folder: string, path: PathPattern, places: Places, done: Set<string>): AsyncGenerator<string> {
  const key = [folder, ...places].join('\0');
  if (done.has(key)) return;
  done.add(key);
  const within = (name: string) => (folder === '' ? name : join(folder, name));
  const found = new Map<string, Reached>(path.names(places).map((name) => [name, path.step(places, name, false)]));
  const entries = path.isWild(places) ? await entriesOf(folder === '' ? '.' : folder) : [];
  for (const entry of entries) found.set(entry.name, path.step(places, entry.name, entry.isDirectory()));
  for (const [name, { places: next, isEnd }] of found) {
    const inside = within(name);
    if (isEnd && (isNoUtf8(inside) || (await stat(inside).catch(() => null)))) yield inside;
    if (next.length > 0) yield* walk(inside, path, next, done);
  }
}

/** Other names than those of folders fit no pattern; a folder that cannot be read may hold images that do. */
const NO_FOLDER: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'ELOOP'];

/** @throws FileError */
function entriesOf(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (NO_FOLDER.includes(error.code) && !isNoUtf8(folder)) return [];
    throw fileError(folder, error);
  });
}
