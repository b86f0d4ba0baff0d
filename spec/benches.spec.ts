import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, packageRoot, test } from './support/test.js';

const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'bench/package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(packageRoot, folder))
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

test('every benchmark that is named runs', () => {
  const files = [
    ...filesIn('.', /\.md$/),
    ...filesIn('docs', /\.md$/),
    ...filesIn('bench', /\.(ts|py)$/),
    ...filesIn('bench/results', /\.md$/),
  ];
  let named = 0;
  for (const file of files) {
    for (const [, name] of readFileSync(join(packageRoot, file), 'utf8').matchAll(/npm run bench -- ([a-z][\w-]*)/g)) {
      assert.ok(Object.hasOwn(scripts, name!), `${file} names ${name}, which bench/package.json lacks`);
      named++;
    }
  }
  assert.ok(named > 45, `${named} names were found`);
});

test('every script runs a file of bench/', () => {
  for (const [name, command] of Object.entries(scripts)) {
    const file = /dist\/bench\/([\w-]+)\.js$/.exec(command)?.[1];
    if (name === 'peers' || name.startsWith('pre')) continue;
    assert.ok(file !== undefined && readdirSync(join(packageRoot, 'bench')).includes(`${file}.ts`), name);
  }
});

/** Rows of a committed result; no cell that is read here holds a comma or a quote before it. */
function resultRows(name: string): Map<string, string>[] {
  const text = readFileSync(join(packageRoot, 'bench/results', `${name}.csv`), 'utf8');
  const [head = [], ...rows] = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  return rows.map((row) => new Map(head.map((column, i) => [column, row[i] ?? ''])));
}

/** Pages break their lines anywhere. */
function page(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8').replace(/\s+/g, ' ');
}

function number(row: Map<string, string>, column: string): number {
  return Number(row.get(column));
}

test('the pages say how often the intervals of few labels held in the committed results', () => {
  const [tried, heldOut] = [resultRows('labels'), resultRows('labels-held-out')];
  const cells = [...tried, ...heldOut];
  const held = cells.map((row) => number(row, 'held'));
  const worst = (100 * Math.min(...held)).toFixed(1);
  const mean = (100 * held.reduce((sum, one) => sum + one, 0)) / held.length;
  const segments = cells.filter((row) => row.get('worst_segment') !== '').map((row) => number(row, 'worst_segment'));
  const labels = page('docs/labels.md');
  assert.match(labels, `[${tried.length} cells]`);
  assert.match(labels, `[${heldOut.length} others]`);
  assert.match(labels, `hold in ${mean.toFixed(0)} % on average, in ${worst} % at worst`);
  assert.match(labels, `in segments of 30 labels in ${(100 * Math.min(...segments)).toFixed(1)} %`);
  assert.match(page('FEATURES.md'), `[intervals hold in ${worst} % in the worst of ${cells.length} cells]`);
});

test('the pages say how many causes were named rightly and wrongly on other images', () => {
  const changed = resultRows('causes-held-out').filter(
    (row) => row.get('verdict') === 'drift' && row.get('corruption') !== 'none',
  );
  const share = (outcome: string) =>
    (100 * changed.filter((row) => row.get('outcome') === outcome).length) / changed.length;
  const [right, wrong] = [share('right'), share('wrong')];
  assert.match(
    page('docs/calibration.md'),
    `${right.toFixed(1)} % of ${changed.length} windows were right and ${wrong.toFixed(1)} % wrong`,
  );
  const features = page('FEATURES.md');
  assert.match(features, `of other images ${right.toFixed(0)} % and ${wrong.toFixed(0)} %`);
  const [, rightly, wrongly] = /\*\*272\*\* \| \*\*([\d.]+) %\*\* \| \*\*([\d.]+) %\*\*/.exec(
    page('docs/calibration.md'),
  )!;
  assert.match(features, `[${Math.round(Number(rightly))} % named rightly, ${Math.round(Number(wrongly))} % wrongly]`);
});
