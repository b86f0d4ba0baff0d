/** Text for people: tables with aligned columns, numbers to the right, no borders, so that they also paste well. */

import { printable } from '../base/index.js';

/** Cells are made printable: a line end must not end the row. @param columns titles; `>rows` is aligned to the right */
export function formatTable(columns: readonly string[], cells: readonly (readonly string[])[]): string {
  const rows = [columns.map((column) => column.replace(/^>/, '')), ...cells.map((row) => row.map(printable))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => displayWidth(row[i] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - displayWidth(cell)));
        return columns[i]?.startsWith('>') ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** Breaks a line between words where it is longer than `width`; what follows is indented. A longer word stays whole. */
export function wrapped(line: string, width: number, indent = ''): string {
  const [first = '', ...words] = line.trimStart().split(' ');
  const lines: string[] = [];
  let open = line.slice(0, line.length - line.trimStart().length) + first;
  for (const word of words) {
    if (displayWidth(open) + 1 + displayWidth(word) > width) {
      lines.push(open);
      open = indent + word;
    } else {
      open += ` ${word}`;
    }
  }
  return [...lines, open].join('\n');
}

export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

const LETTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /^(?:\p{Emoji_Presentation}|.\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;
const PLAIN = /^[\x20-\x7e]*$/;

/** Terminal columns that a text takes: Chinese, Japanese, Korean and emoji take two a character, accents none. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of LETTERS.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}
