/** Patterns of paths: `*`, `?`, `[a-z]`, `**` for any folders, `{a,b}`, and ranges of numbers, `{00000..00099}`. */

import { entryAt, join, type Listed, listFolder, sep } from '#platform';
import { FileError, fileError, isNoUtf8 } from '../../../files/index.js';
import { compareKeys } from './listing.js';

const WILD = /[*?[]/;
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
export async function expandPattern(pattern: string, isWindows = sep === '\\'): Promise<string[]> {
  const paths = new Set<string>();
  // No name on Windows has a `/` or a `\\`: both are between folders.
  for (const one of expandBraces(isWindows ? pattern.replaceAll('\\', '/') : pattern)) {
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
 * Reads each folder once, with all places of the pattern that may follow; one after the other takes a time that grows
 * with each `**`. @param done folders with their places: `..` leads back to them
 */
async function* walk(folder: string, path: PathPattern, places: Places, done: Set<string>): AsyncGenerator<string> {
  const key = [folder, ...places].join('\0');
  if (done.has(key)) return;
  done.add(key);
  const within = (name: string) => (folder === '' ? name : join(folder, name));
  const found = new Map<string, Reached>(path.names(places).map((name) => [name, path.step(places, name, false)]));
  const entries = path.isWild(places) ? await entriesOf(folder === '' ? '.' : folder) : [];
  for (const entry of entries) found.set(entry.name, path.step(places, entry.name, entry.kind === 'folder'));
  for (const [name, { places: next, isEnd }] of found) {
    const inside = within(name);
    if (isEnd && (isNoUtf8(inside) || (await entryAt(inside)))) yield inside;
    if (next.length > 0) yield* walk(inside, path, next, done);
  }
}

/** Other names than those of folders fit no pattern; a folder that cannot be read may hold images that do. */
const NO_FOLDER: readonly unknown[] = ['ENOENT', 'ENOTDIR', 'ELOOP'];

function entriesOf(folder: string): Promise<Listed[]> {
  return listFolder(folder).catch((error: Error & { code?: string }) => {
    if (NO_FOLDER.includes(error.code) && !isNoUtf8(folder)) return [];
    throw fileError(folder, error);
  });
}

const ANY_FOLDERS = '**';
/** A class that is closed and not empty, a character, or half of one. */
const TOKENS = /\[!?[^\]]+\]|./gsu;

/** Numbers of the parts that may come next, in ascending order. */
type Places = readonly number[];

interface Reached {
  places: Places;
  isEnd: boolean;
}

interface Part {
  text: string;
  fits: (name: string) => boolean;
}

/**
 * A path's pattern. All parts that may come next are kept at once, and a part goes back no further than its last `*`,
 * so the time is the product of both lengths; regular expressions take years for `*a*a*a*a*b`.
 */
export class PathPattern {
  readonly #parts: readonly Part[];
  readonly first: Places;

  /** @throws FileError `FILE_PATH_INVALID` */
  constructor(parts: readonly string[]) {
    const once = parts.filter((part, i) => part !== ANY_FOLDERS || parts[i - 1] !== ANY_FOLDERS);
    // `**` at the end means files in any folders.
    const all = once.at(-1) === ANY_FOLDERS ? [...once, '*'] : once;
    this.#parts = all.map((text) => ({ text, fits: namePattern(text) }));
    this.first = this.#withSkipped([0]);
  }

  isWild(places: Places): boolean {
    return places.some((place) => WILD.test(this.#part(place).text));
  }

  /** Names that the pattern itself says, which no folder need list. */
  names(places: Places): string[] {
    return places.map((place) => this.#part(place).text).filter((text) => !WILD.test(text));
  }

  /** A name that begins with a dot fits only a part that does. @param isFolder whether `**` goes on inside */
  step(places: Places, name: string, isFolder: boolean): Reached {
    const isHidden = (text: string) => name.startsWith('.') && !text.startsWith('.');
    return this.#step(
      places,
      (part) => (part.text === ANY_FOLDERS ? isFolder : part.fits(name)) && !isHidden(part.text),
    );
  }

  /** Whether a key fits as a whole; names that begin with a dot are as others. */
  fits(key: string): boolean {
    let reached: Reached = { places: this.first, isEnd: false };
    for (const name of key.split('/')) {
      reached = this.#step(reached.places, ({ text, fits }) => text === ANY_FOLDERS || fits(name));
    }
    return reached.isEnd;
  }

  #step(places: Places, takes: (part: Part) => boolean): Reached {
    const next = new Set<number>();
    for (const place of places) {
      const part = this.#part(place);
      if (takes(part)) next.add(part.text === ANY_FOLDERS ? place : place + 1);
    }
    const end = this.#parts.length;
    return { places: this.#withSkipped([...next].filter((place) => place < end)), isEnd: next.has(end) };
  }

  /** `**` may also mean no folder at all. */
  #withSkipped(places: Places): Places {
    const all = places.flatMap((place) => (this.#part(place).text === ANY_FOLDERS ? [place, place + 1] : [place]));
    return [...new Set(all)].sort((a, b) => a - b);
  }

  #part(place: number): Part {
    return this.#parts[place]!;
  }
}

type Token = '*' | ((character: string) => boolean);

/** Whether a name fits a part with `*`, `?` and `[a-z]`. @throws FileError `FILE_PATH_INVALID` */
function namePattern(part: string): (name: string) => boolean {
  if (!WILD.test(part)) return (name) => name === part;
  const tokens = [...part.matchAll(TOKENS)].map(([token]) => tokenOf(token, part));
  return (name) => fitsTokens(tokens, [...name]);
}

function tokenOf(token: string, part: string): Token {
  if (token === '*') return '*';
  if (token === '?') return () => true;
  return token.length > 2 && token.startsWith('[')
    ? classOf(token.slice(1, -1), part)
    : (character) => character === token;
}

/** `a-z_`, `!0-9`. @throws FileError `FILE_PATH_INVALID` for a range that goes down */
function classOf(inside: string, part: string): Token {
  const isNot = inside.startsWith('!') && inside !== '!';
  const characters = [...inside.slice(isNot ? 1 : 0)];
  const ranges: [from: number, to: number][] = [];
  for (let i = 0; i < characters.length; i++) {
    const from = codeOf(characters[i]);
    const isRange = characters[i + 1] === '-' && i + 2 < characters.length;
    if (isRange) i += 2;
    const to = codeOf(characters[i]);
    if (to < from) throw new FileError('FILE_PATH_INVALID', `${part}: no pattern of names: [${inside}] goes down`);
    ranges.push([from, to]);
  }
  return (character) => ranges.some(([from, to]) => from <= codeOf(character) && codeOf(character) <= to) !== isNot;
}

function codeOf(character = ''): number {
  return character.codePointAt(0) ?? -1;
}

/** Goes back to the last `*` alone: an earlier one could take no more than that one can. */
function fitsTokens(tokens: readonly Token[], characters: readonly string[]): boolean {
  let [at, token, star, from] = [0, 0, -1, 0];
  while (at < characters.length) {
    const asked = tokens[token];
    if (asked === '*') {
      [star, from] = [token, at];
      token++;
    } else if (asked?.(characters[at] as string)) {
      at++;
      token++;
    } else if (star >= 0) {
      from++;
      [at, token] = [from, star + 1];
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === '*');
}
