import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { fitProfileFromEvents, measureWindows } from '../../pipeline/index.js';
import { assert, endedWith, fixtures, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const other = (name: string) => join(fixtures, 'data', 'other-tools', name);

/** The same embeddings every time; other columns as the caller likes. */
function table(name: string, columns: Record<string, (row: number, random: Random) => string>): string {
  const random = new Random(7);
  const beside = new Random(name.length);
  const rows = Array.from({ length: 400 }, (_, row) => {
    const vector = [0, 1, 2, 3].map(() => random.normal().toFixed(6)).join(', ');
    return [`"[${vector}]"`, ...Object.values(columns).map((value) => value(row, beside))].join(',');
  });
  writeFileSync(join(folder, name), `embeddings,${Object.keys(columns).join(',')}\n${rows.join('\n')}\n`);
  return join(folder, name);
}

const price = (mean: number) => (_: number, random: Random) => (mean + random.uniform()).toFixed(2);
const beside = { category: (row: number) => String((row % 4) / 2), id: (row: number) => String(row) };

test('prices and places are no scores: same embeddings, no drift, whatever becomes of the other columns', async () => {
  const reference = table('reference.csv', { price: price(1), latitude: price(50), ...beside });
  const windows = [
    table('dearer.csv', { price: price(90), latitude: price(10), ...beside }),
    table('gaps.csv', { price: () => 'NaN', latitude: price(50), ...beside }),
    table('fewer.csv', { latitude: price(50) }),
  ];
  const profile = await fitProfileFromEvents(reference);
  assert.equal([profile.classes, profile.skipped], [[], 0]);
  const {
    report,
    files,
    windows: measured,
  } = await measureWindows(profile, windows, {
    exemplars: 1,
    methods: ['js', 'labels', 'confidence'],
    detect: 0.5,
  });
  for (const { verdict, skipped, methods } of report.windows) {
    assert.equal([verdict, skipped], ['no drift', 0]);
    assert.is(methods['labels']?.value ?? null, null);
  }
  assert.equal(
    files.map(({ carried }) => carried.map(({ name }) => name)),
    [['price', 'latitude', 'category', 'id'], ['price', 'latitude', 'category', 'id'], ['latitude']],
  );
  const [example] = measured[0]!.extremes![0]!.nearest;
  const facts = Object.fromEntries(example!.facts.map(({ name, value }) => [name, value]));
  assert.equal(Object.keys(facts), ['price', 'latitude', 'category', 'id']);
  assert.is(facts['id'], String(example!.row), 'of the same row');
  const withGaps = await fitProfileFromEvents(windows[1] as string);
  assert.is(withGaps.rows, 400, 'NaN in another column skips no row');
});

test('a wide table as baseline, a table of lists as window, a report: with the flags, and told what is only carried', () => {
  const flags = ['--scores', 'prob_*', '--embedding-column'];
  const made = endedWith(0, runCli(['baseline', other('wide.csv'), ...flags, 'e*', '--json'], { cwd: folder }));
  assert.is(JSON.parse(made.stdout).dimensions, 12);
  const args = ['drift', other('list.parquet'), '--baseline', 'profile.json', ...flags, 'features'];
  const report = ['--report', 'r.html', '--no-umap', '--detect', '0.9'];
  const { stdout, stderr } = endedWith(0, runCli([...args, ...report], { cwd: folder }));
  assert.match(stdout, /no drift/);
  assert.match(stderr, /only carried along: site, serial, id, price, night, seen, boxes/);
});

test('inspect shows them with their types', () => {
  const { stdout } = endedWith(0, runCli(['inspect', other('wide.parquet'), '--embedding-column', 'e*']));
  assert.match(stdout, /carried along: site \(string\), serial \(string\), id \(integer\), price \(float\)/);
});
