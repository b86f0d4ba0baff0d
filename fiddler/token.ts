/**
 * The API key of a Fiddler user: from the environment or a file, never from a flag.
 *
 * It shows itself to nobody: text, JSON and `util.inspect` say `[token]`; only `reveal()` gives it, and only the
 * transport calls that. What a server or a proxy says is passed through `redact` before it gets into an error.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { inspect } from 'node:util';
import { FiddlerError } from './fiddler-error.js';

const SHOWN = '[token]';
/** Keys are some 50 characters; a longer file is not a key. */
const MAX_TOKEN_CHARACTERS = 8192;
const BYTES_OF_CHARACTER = 4;
const HINT =
  'Make a key under Settings → Credentials of your Fiddler, and set FIDDLER_TOKEN to it, or FIDDLER_TOKEN_FILE to a file that holds it.';

export class Token {
  readonly #value: string;

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

  /** @throws FiddlerError `TOKEN_MISSING` for what is neither a text nor a token (undefined, where a variable is not set) */
  static of(token: unknown): Token {
    if (token instanceof Token) return token;
    if (typeof token === 'string') return new Token(token);
    const given = token === null ? 'null' : typeof token;
    throw new FiddlerError('TOKEN_MISSING', `the token is ${given}, a text is needed`, { hint: HINT, permanent: true });
  }

  /**
   * `FIDDLER_TOKEN`, or else what the file `FIDDLER_TOKEN_FILE` holds.
   * @throws FiddlerError `TOKEN_MISSING`, `TOKEN_INVALID`, `TOKEN_FILE` (cannot be read)
   */
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

  /** Text that others wrote, without the key. */
  redact(text: string): string {
    const plain = text.replaceAll(this.#value, SHOWN);
    const encoded = encodeURIComponent(this.#value);
    return encoded === this.#value ? plain : plain.replaceAll(encoded, SHOWN);
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

function readTokenFile(path: string): string {
  try {
    return readBeginning(path, MAX_TOKEN_CHARACTERS * BYTES_OF_CHARACTER);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new FiddlerError('TOKEN_FILE', `the token cannot be read: ${why}`, { hint: HINT, permanent: true });
  }
}

/** No more than a token can have, since a device has no end. A pipe is read: `FIDDLER_TOKEN_FILE=<(pass show fiddler)`. */
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
