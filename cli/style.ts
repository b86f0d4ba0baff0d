/** Colour where a person looks on: a terminal, and NO_COLOR (no-color.org) not set. */
import { styleText } from 'node:util';

export type Format = Parameters<typeof styleText>[0];

export function style(stream: NodeJS.WriteStream, format: Format, text: string): string {
  const noColor = process.env['NO_COLOR'];
  const plain = !stream.isTTY || (noColor !== undefined && noColor !== '') || process.env['TERM'] === 'dumb';
  return plain ? text : styleText(format, text);
}
