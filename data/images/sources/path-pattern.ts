/**
 * A pattern of a path: its parts, and which of them may come next. All that may are kept at once, and a part is fitted
 * without going back further than to its last `*`. So the time is the length of the pattern times that of the path, where
 * regular expressions take years for `*a*a*a*a*b` or for many `**`.
 */
import { FileError } from '../../../files/index.js';

export const WILD = /[*?[]/;
const ANY_FOLDERS = '**';
/** A class that is closed and not empty, a character, or half of one. */
const TOKENS = /\[!?[^\]]+\]|./gsu;

/** Numbers of the parts that may come next, in ascending order. */
export type Places = readonly number[];

/** Where a name leads. */
export interface Reached {
  places: Places;
  /** Whether the path may end with this name. */
  isEnd: boolean;
}

interface Part {
  text: string;
  fits: (name: string) => boolean;
}

export class PathPattern {
  readonly #parts: readonly Part[];
  /** The places before any name. */
  readonly first: Places;

  /** @throws FileError `FILE_PATH_INVALID` */
  constructor(parts: readonly string[]) {
    const once = parts.filter((part, i) => part !== ANY_FOLDERS || parts[i - 1] !== ANY_FOLDERS);
    // `**` at the end means files in any folders.
    const all = once.at(-1) === ANY_FOLDERS ? [...once, '*'] : once;
    this.#parts = all.map((text) => ({ text, fits: namePattern(text) }));
    this.first = this.#withSkipped([0]);
  }

  /** Whether the names of a folder are needed. */
  isWild(places: Places): boolean {
    return places.some((place) => WILD.test(this.#part(place).text));
  }

  /** Names that the pattern itself says, which no folder need list. */
  names(places: Places): string[] {
    return places.map((place) => this.#part(place).text).filter((text) => !WILD.test(text));
  }

  /**
   * Where a name leads. One that begins with a dot fits only a part that does.
   * @param isFolder whether `**` goes on inside
   */
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
