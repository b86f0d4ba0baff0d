/**
 * Makes text from a file, a server or the command line safe for messages and terminals. All text from outside passes
 * through here before a person sees it. Escape sequences can rewrite a screen or the clipboard, bidirectional marks can
 * show a name backwards, and a line end can add a fake message.
 */
const MAX_SHOWN = 200;

/**
 * Control characters, invisible marks (bidirectional marks are among them), line and paragraph separators, and
 * unpaired surrogates. The two zero-width joiners are allowed: emoji and many scripts need them.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const UNSAFE_BUT_LINE_ENDS = /(?!\n|\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text on one line. Every unsafe character becomes an escape: `\u001b[31m`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A table cell or a line of Markdown: text from outside cannot become a link or markup. */
export function markdownText(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>()#|!~&]/g, '\\$&');
}

/** Like `printable`, but keeps line ends. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE_BUT_LINE_ENDS, escaped);
}

/** The text in quotes, shortened if it is long. Every unsafe character becomes an escape: `"os\\u000a"`. */
export function quoted(text: string): string {
  return printable(JSON.stringify(text.slice(0, MAX_SHOWN)));
}

/** The first names in quotes, and `…` where there are more. */
export function quotedNames(names: readonly string[], most: number): string {
  return [...names.slice(0, most).map(quoted), ...(names.length > most ? ['…'] : [])].join(', ');
}

/** Like `quoted`, but without the quotes. For names that are expected to be harmless. */
export function shown(text: string): string {
  return quoted(text).slice(1, -1);
}

/**
 * A value from foreign JSON: text in quotes, numbers unchanged, lists and objects only by their kind. The text of a
 * list can be as long as the file, and the stack needed to print it grows with the nesting depth.
 */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `a list of ${value.length.toLocaleString('en')}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return shown(String(value));
}

/** Escapes a character as JSON does, so `JSON.parse` restores it. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** zod's names of types, in our words. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What zod says of a value of a wrong type, in words that a user knows: `a number is needed, an object is there`. Other messages stay. */
export function issueWords(message = 'does not fit'): string {
  const [, wanted, found] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (wanted === undefined || found === undefined) return message.slice(0, 200);
  const needed = TYPES[wanted] ?? wanted;
  return found === 'undefined' ? `${needed} is missing` : `${needed} is needed, ${TYPES[found] ?? found} is there`;
}

/** As a shell takes it for one word. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
