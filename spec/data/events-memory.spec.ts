/**
 * Memory does not grow with the rows: 200,000 events (100,000 in a slice), more than the process could hold.
 * @long: 100,000 events in each format
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { amount, assert, cases, temporaryFolder, test } from '../support/test.js';

const program = fileURLToPath(new URL('./support/events-memory-child.js', import.meta.url));
const ROWS = amount(200_000, 100_000);
/** Memory allowed above that for a tenth of the rows. Held as objects, 100,000 events would take some 150 MB. */
const GROWTH_MB = 80;

function peak(action: 'write' | 'read', path: string, rows: number): number {
  const child = spawnSync(process.execPath, ['--max-old-space-size=64', program, action, path, String(rows)], {
    encoding: 'utf8',
  });
  assert.is(child.status, 0, child.stderr);
  return Number(child.stdout);
}

for (const format of cases(['parquet', 'jsonl', 'csv', 'npz'], 2)) {
  test(`${format}: ${ROWS.toLocaleString('en')} rows take the memory of a tenth`, () => {
    const folder = temporaryFolder();
    const [small, large] = [join(folder, `small.${format}`), join(folder, `large.${format}`)];
    for (const action of ['write', 'read'] as const) {
      const [less, more] = [peak(action, small, ROWS / 10), peak(action, large, ROWS)];
      const told = `${action} ${format}: ${less} MB for ${ROWS / 10} rows, ${more} MB for ${ROWS}`;
      assert.ok(more - less < GROWTH_MB, told);
      if (process.env['IMAGE_DRIFT_TELL_MEMORY']) console.log(told);
    }
  });
}
