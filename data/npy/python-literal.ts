/**
 * The few Python literals that an npy header is made of: strings, integers, True, False, None, tuples, lists and
 * dictionaries with string keys. Nothing is evaluated; what is not one of these is refused with its position.
 *
 * Not for Python in general: no escapes in strings, no floats, no expressions, no comments.
 */

export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<string, PythonLiteral>;

/** A header nests three deep (dict, list of fields, field); nested structured types a few more. */
const MAX_DEPTH = 12;

/** Says what is wrong and where; the caller knows the file and makes the error. */
export class LiteralSyntaxError extends Error {}

/** @throws LiteralSyntaxError */
export function parsePythonLiteral(text: string): PythonLiteral {
  return new LiteralParser(text).parse();
}

class LiteralParser {
  #at = 0;

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): PythonLiteral {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('the end');
    return value;
  }

  #value(depth: number): PythonLiteral {
    if (depth > MAX_DEPTH) throw new LiteralSyntaxError(`nested deeper than ${MAX_DEPTH}`);
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === '{') return this.#dictionary(depth);
    if (first === '(') return this.#sequence(')', depth);
    if (first === '[') return this.#sequence(']', depth);
    if (first === "'" || first === '"') return this.#string(first);
    const word = /[-\w.]*/y;
    word.lastIndex = this.#at;
    return this.#atom(word.exec(this.#text)![0]);
  }

  #atom(word: string): PythonLiteral {
    if (word === 'True' || word === 'False' || word === 'None') {
      this.#at += word.length;
      return word === 'None' ? null : word === 'True';
    }
    // Python 2 wrote long integers as 10L.
    const integer = /^(-?\d{1,20})L?$/.exec(word);
    if (integer === null) this.#fail('a literal');
    this.#at += word.length;
    return Number(integer[1]);
  }

  #string(quote: string): string {
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) this.#fail('a closed string');
    const content = this.#text.slice(this.#at + 1, end);
    if (content.includes('\\')) this.#fail('a string without escapes');
    this.#at = end + 1;
    return content;
  }

  #sequence(close: string, depth: number): PythonLiteral[] {
    const values: PythonLiteral[] = [];
    this.#at++;
    while (!this.#accept(close)) {
      values.push(this.#value(depth + 1));
      if (!this.#accept(',')) {
        this.#expect(close);
        // `(3)` is the number three, not a tuple.
        if (close === ')' && values.length === 1) this.#fail("',' before the end of a one-element tuple");
        break;
      }
    }
    return values;
  }

  #dictionary(depth: number): Map<string, PythonLiteral> {
    const entries = new Map<string, PythonLiteral>();
    this.#at++;
    while (!this.#accept('}')) {
      const key = this.#value(depth + 1);
      if (typeof key !== 'string') this.#fail('a string as key');
      if (entries.has(key)) throw new LiteralSyntaxError(`the key '${key}' twice`);
      this.#expect(':');
      entries.set(key, this.#value(depth + 1));
      if (!this.#accept(',')) {
        this.#expect('}');
        break;
      }
    }
    return entries;
  }

  #accept(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) this.#fail(`'${character}'`);
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #fail(wanted: string): never {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 20)) : 'the end';
    throw new LiteralSyntaxError(`${wanted} expected at character ${this.#at}, ${found} found`);
  }
}
