/** The commands of docs/monitor.md, in their order, with tables of the names that it has. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, packageRoot, runCli, temporaryFolder, test } from '../support/test.js';
import { eventsText, type Table } from './monitor-events.js';

const folder = temporaryFolder();

/** With embeddings in one column, which needs no flag. */
function write(name: string, table: Table): void {
  const [head = '', ...rows] = eventsText(table).trim().split('\n');
  const lines = rows.map((row) => {
    const cells = row.split(',');
    return [...cells.slice(0, 4), `"[${cells.slice(4).join(', ')}]"`].join(',');
  });
  writeFileSync(join(folder, name), [`${head.split(',').slice(0, 4)},embeddings`, ...lines].join('\n'));
}

for (const made of ['quiet', 'moved']) mkdirSync(join(folder, made));
write('reference.csv', { day: -28, days: 28, rows: 80 });
for (let day = 0; day < 10; day++) write(`quiet/${day}.csv`, { day });
for (let day = 10; day < 16; day++) write(`moved/${day}.csv`, { day, shift: 1.5, camera: 'north' });

function expanded(word: string): string[] {
  const [, place] = /^(\w+)\/\*\.csv$/.exec(word) ?? [];
  return place === undefined ? [word] : readdirSync(join(folder, place)).map((name) => `${place}/${name}`);
}

test('each command of the page runs, the alarm is raised by the moved days, and acknowledged', () => {
  const text = readFileSync(join(packageRoot, 'docs', 'monitor.md'), 'utf8');
  const commands = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = '']) => block.trim().split('\n'));
  assert.ok(commands.length >= 9, String(commands.length));
  const said: string[] = [];
  for (const line of commands) {
    const [command = '', out] = line.replaceAll('.parquet', '.csv').split(' > ');
    const [program = '', ...words] = command.split(' ').flatMap(expanded);
    if (program === 'mv') {
      execFileSync(program, words, { cwd: folder });
      continue;
    }
    assert.is(program, 'image-drift');
    const run = runCli(words, { cwd: folder });
    assert.is(run.status, 0, `${line}\n${run.stdout}${run.stderr}`);
    if (out !== undefined) writeFileSync(join(folder, out), run.stdout);
    said.push(run.stdout);
  }
  const all = said.join('');
  assert.match(all, /carries the promise of one false alarm in 365d at most/);
  assert.match(all, /No alarm\.\n/);
  assert.match(all, /Alarm: embedding, camera north changed since 2026-01-1\d/);
  assert.match(all, /Acknowledged:\nAlarm: embedding/);
  assert.match(
    readFileSync(join(folder, 'image_drift.prom'), 'utf8'),
    /^image_drift_alarm\{state=".*",block="embedding",by="north"\} 0$/m,
  );
  assert.match(readFileSync(join(folder, 'page.html'), 'utf8'), 'Alarm: embedding of camera north changed since');
});
