/** Checks the three weeks that `demo` printed, and the files of the README: `check-demo.js STDOUT FOLDER`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../support/test.js';

const [, , printed = '', folder = ''] = process.argv;
const table = readFileSync(printed, 'utf8');
const weeks = [...table.matchAll(/week_\d +1,500 +(\d+\.\d+) % \([\d.-]+\) +JS distance +(\d\.\d+)/g)];
assert.is(weeks.length, 3, table);
const [first, second, third] = weeks.map(([, accuracy, distance]) => ({
  accuracy: Number(accuracy),
  distance: Number(distance),
}));
assert.ok(first!.distance < second!.distance && second!.distance < third!.distance, table);
assert.ok(first!.accuracy > second!.accuracy && second!.accuracy > third!.accuracy, table);
assert.match(table, /week_3 .* drift .*darker/);
for (const name of ['reference.parquet', 'week_1.parquet', 'week_2.parquet', 'week_3.parquet', 'profile.json']) {
  assert.ok(existsSync(join(folder, name)), name);
}
assert.is(JSON.parse(readFileSync(join(folder, 'profile.json'), 'utf8')).rows, 2000);
