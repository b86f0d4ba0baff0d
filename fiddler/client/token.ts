/**
 * A Fiddler user's API key, from the environment or a file, never from a flag. Text, JSON and `util.inspect` say
 * `[token]`; only the transport calls `reveal()`. What servers and proxies say goes through `redact` into errors.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { inspect } from 'node:util';
import { FiddlerError } from './fiddler-error.js';

const SHOWN = '[token]';
/** Keys are some 50 characters; a longer file is not a key. */
const MAX_TOKEN_CHARACTERS = 8192;
const BYTES_OF_CHARACTER = 4;
/** Real keys have some 50 characters. No name of a project or model has such a one in it by chance. */
const LEAST_UNMISTAKABLE = 20;
/** Fewer characters of base64 come by chance. */
const LEAST_BASE64 = 12;
const HINT =
  'Make a key under Settings → Credentials of your Fiddler, and set FIDDLER_TOKEN to it, or FIDDLER_TOKEN_FILE to a file that holds it.';

export class Token {
  readonly #value: string;
  #spellings: RegExp | null = null;

  /** @throws FiddlerError `TOKEN_INVALID` for what cannot stand in a header: blanks inside, control characters */
  constructor(value: string) {
    const trimmed = value.trim();
    if (trimmed === '') throw new FiddlerError('TOKEN_MISSING', 'the token is empty', { hint: HINT, permanent: true });
    if (trimmed.length > MAX_TOKEN_CHARACTERS || !/^[\x21-\x7e]+$/.test(trimmed)) {
      const message = `the token (${trimmed.length.toLocaleString('en')} characters) has blanks, line ends or characters outside ASCII in it`;
      throw new FiddlerError('TOKEN_INVALID', message, { hint: HINT, permanent: true });
    }
    this.#value = trimmed;
  }

  /** @throws FiddlerError `TOKEN_MISSING` for what is neither a text nor a token (undefined: no such variable) */
  static of(token: unknown): Token {
    if (token instanceof Token) return token;
    if (typeof token === 'string') return new Token(token);
    const given = token === null ? 'null' : typeof token;
    throw new FiddlerError('TOKEN_MISSING', `the token is ${given}, a text is needed`, { hint: HINT, permanent: true });
  }

  /** `FIDDLER_TOKEN`, else the file `FIDDLER_TOKEN_FILE`. @throws `TOKEN_MISSING`, `TOKEN_INVALID`, `TOKEN_FILE` */
  static fromEnvironment(env: NodeJS.ProcessEnv = process.env): Token {
    const value = env['FIDDLER_TOKEN'];
    if (value !== undefined && value.trim() !== '') return new Token(value);
    const path = env['FIDDLER_TOKEN_FILE'];
    if (path === undefined || path === '') {
      throw new FiddlerError('TOKEN_MISSING', 'no token: neither FIDDLER_TOKEN nor FIDDLER_TOKEN_FILE is set', {
        hint: HINT,
        permanent: true,
      });
    }
    return new Token(readTokenFile(path));
  }

  /** The key itself, for the Authorization header. */
  reveal(): string {
    return this.#value;
  }

  /** Text that others wrote, without the key in any of its usual spellings. */
  redact(text: string): string {
    this.#spellings ??= spellingsOf(this.#value);
    return text.replace(this.#spellings, SHOWN);
  }

  /** As `redact`, for names and ids, which go on to be used: a short key, such as a word, may be part of one. */
  redactName(text: string): string {
    return this.#value.length < LEAST_UNMISTAKABLE ? text : this.redact(text);
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}

/**
 * Servers write a text as it is, or escaped as JSON (`\\/`, `\\u0054`, also twice), URLs (`%2F`, `%252F`) or HTML
 * (`&#x2f;`), or as base64 or hex of something that holds it.
 */
function spellingsOf(value: string): RegExp {
  const bytes = Buffer.from(value, 'latin1');
  const all = [escapable(value), ...base64Of(bytes).map(escapable), bytes.toString('hex')];
  return new RegExp(all.join('|'), 'gi');
}

/** Every repetition has an end, so that a hostile text takes no longer than another of its length. */
function escapable(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.charCodeAt(0);
      const hex = code.toString(16).padStart(2, '0');
      const is = isBase64Sign(character) ? '[+/_-]' : character.replace(/[^A-Za-z0-9]/, '\\$&');
      return `(?:\\\\{0,4}${is}|\\\\{1,4}(?:u00|x)${hex}|%(?:25){0,3}${hex}|&#(?:x0{0,4}${hex}|0{0,4}${code});)`;
    })
    .join('');
}

function isBase64Sign(character: string): boolean {
  return '+/'.includes(character);
}

/** The characters of base64 that hold nothing else, for each of the three ways in which the text can begin. */
function base64Of(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return own.length < LEAST_BASE64 ? [] : [own];
  });
}

function readTokenFile(path: string): string {
  try {
    return readBeginning(path, MAX_TOKEN_CHARACTERS * BYTES_OF_CHARACTER);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FiddlerError('TOKEN_FILE', `the token cannot be read: ${why}`, { hint: HINT, permanent: true });
  }
}

/** At most a token's length, since a device has no end. Pipes work: `FIDDLER_TOKEN_FILE=<(pass show fiddler)`. */
function readBeginning(path: string, most: number): string {
  const bytes = Buffer.alloc(most + 1);
  const handle = openSync(path, 'r');
  try {
    let done = 0;
    for (let read = -1; read !== 0 && done < bytes.length; done += read) {
      read = readSync(handle, bytes, done, bytes.length - done, null);
    }
    return bytes.toString('utf8', 0, done);
  } finally {
    closeSync(handle);
  }
}
