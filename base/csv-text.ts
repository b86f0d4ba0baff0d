/** Fields and tables of csv files (RFC 4180), for all rooms that write some. */

/**
 * What a spreadsheet takes for a formula, and runs: `=HYPERLINK(…)`, `-2+3+cmd|…`. Of what begins with a sign, only a
 * number is none, and a sign alone. https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=@\t\r\n\uff1d\uff20\uff0b\uff0d]|^[+-](?!(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)?$)/i;

export type CsvValue = string | number | null;

/** Whether a spreadsheet would run the text. */
export function isFormula(text: string): boolean {
  return FORMULA.test(text);
}

/** Null is an empty field; text is quoted where it holds a comma, a quote or a line end, or is empty itself. */
export function csvText(value: CsvValue): string {
  if (value === null || typeof value === 'number') return String(value ?? '');
  return value === '' || /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** As `csvText`, of a list that a person opens: a text that a spreadsheet would run as a formula begins with `'`. */
export function csvFieldToRead(value: CsvValue): string {
  return csvText(typeof value === 'string' && isFormula(value) ? `'${value}` : value);
}

/** A list that a person opens: a header and a line for each record. */
export function csvToRead<Column extends string>(
  columns: readonly Column[],
  records: Iterable<Readonly<Record<Column, CsvValue>>>,
  lineEnd: '\n' | '\r\n' = '\n',
): string {
  const lines = Array.from(records, (record) => columns.map((column) => csvFieldToRead(record[column])).join(','));
  return [columns.join(','), ...lines].map((line) => line + lineEnd).join('');
}
