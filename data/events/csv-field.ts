/** One field of a csv file. */
import { quoted } from '../../errors/index.js';
import { DataError } from '../data-error.js';

/**
 * What a spreadsheet takes for a formula, and runs: `=HYPERLINK(…)`, `-2+3+cmd|…`. Of what begins with a sign, only a whole
 * number is none, and a sign alone. https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=@\t\r\n\uff1d\uff20\uff0b\uff0d]|^[+-](?!(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)?$)/i;

/**
 * Null is an empty field; text is quoted where it holds a comma, a quote or a line end, or is empty itself.
 * @throws DataError `EVENTS_CSV_FORMULA`: an escape would be another text for every other reader
 */
export function csvField(text: string | null): string {
  if (text === null) return '';
  if (FORMULA.test(text)) {
    throw new DataError(
      'EVENTS_CSV_FORMULA',
      `${quoted(text)} in a csv file is a formula to spreadsheets, which run it`,
      {
        hint: 'Name it otherwise (--dataset, --image-url, the classes), or write parquet or jsonl.',
      },
    );
  }
  return text === '' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** As `csvField`, of a list that a person opens: a text that a spreadsheet would run as a formula begins with `'`. */
export function csvFieldToRead(text: string | null): string {
  return csvField(text !== null && FORMULA.test(text) ? `'${text}` : text);
}
