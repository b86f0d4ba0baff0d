/**
 * Text from a file, a server or the command line, made safe for a message and a terminal. Every foreign string passes
 * through here on its way to a person: escape sequences can rewrite a screen or the clipboard, bidirectional marks can
 * show a name backwards, and a line end can add a message of its own.
 */
const MAX_SHOWN = 200;

/**
 * Control characters, marks without a shape of their own (bidirectional ones among them), separators of lines and
 * paragraphs, and halves of surrogate pairs. The two joiners stay: emoji and many scripts are written with them.
 */
const UNSAFE = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const UNSAFE_BUT_LINE_ENDS = /(?!\n|\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** On one line, with every unsafe character as an escape: `\u001b[31m`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** The same, but lines stay lines. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE_BUT_LINE_ENDS, escaped);
}

/** In quotes, not too long, with every unsafe character as an escape: `"os\\u000a"`. */
export function quoted(text: string): string {
  return printable(JSON.stringify(text.slice(0, MAX_SHOWN)));
}

/** The same without the quotes, for names that are expected to be harmless. */
export function shown(text: string): string {
  return quoted(text).slice(1, -1);
}

/**
 * A value out of foreign JSON: text in quotes, numbers as they are, of lists and objects only the kind. Their text could
 * be as long as the file, and making it takes a stack as deep as they are nested.
 */
export function shownValue(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `a list of ${value.length.toLocaleString('en')}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return shown(String(value));
}

/** As JSON escapes them, so that `JSON.parse` gives the character back. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
