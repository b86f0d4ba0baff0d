/** Tables of cases that specs of `convert` go through, as `spec/fixtures/convert/cases/NAME.json` has them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from './places.js';

export function caseTables<Tables>(name: string): Tables {
  return JSON.parse(readFileSync(join(fixtures, 'convert', 'cases', `${name}.json`), 'utf8')) as Tables;
}
