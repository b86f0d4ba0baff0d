/**
 * The pictures of `docs/performance.md`, drawn from the newest rows of `bench/results/`:
 * `node dist/bench/performance-figures.js`. What was not measured is not drawn, and that is said.
 */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Bar, barsSvg, stackSvg } from './bars-svg.js';

const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const FIGURES = fileURLToPath(new URL('../../docs/figures/', import.meta.url));

type Row = Record<string, string>;

/** RFC 4180 as `results.ts` writes it. */
function rowsOf(name: string): Row[] {
  if (!existsSync(RESULTS + name)) {
    console.log(`not drawn: ${name} is not there`);
    return [];
  }
  const [header = [], ...lines] = readFileSync(RESULTS + name, 'utf8')
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)])
    .map((cells) => cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''));
  return lines.map((cells) => Object.fromEntries(header.map((column, i) => [column, cells[i] ?? ''])));
}

/** The last row for each value of `key`, in the order in which they were first measured. */
function newest(rows: readonly Row[], key: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}

const threadsOf = ({ threads }: Row) => `${threads} ${threads === '1' ? 'thread' : 'threads'}`;

async function drawInference(): Promise<void> {
  const rows = rowsOf('inference.csv').filter(({ network }) => !network?.includes(','));
  for (const workload of new Set(rows.map(({ network, size, batch }) => `${network} ${size} ${batch}`))) {
    const [network, size, batch] = workload.split(' ');
    const mine = rows.filter((row) => row['network'] === network && row['size'] === size && row['batch'] === batch);
    const bars = newest(mine, ({ engine, threads }) => `${engine} ${threads}`).map(
      (row): Bar => ({
        label: `${row['engine']}, ${threadsOf(row)}`,
        value: Number(row['images_per_second']),
        low: Number(row['slowest_round']),
        high: Number(row['fastest_round']),
        isOurs: row['engine']?.startsWith('ours/') ?? false,
      }),
    );
    const title = `${network}, ${size}×${size}, batch ${batch}: images a second`;
    await save(`inference-${network}-${size}.svg`, barsSvg(title, bars));
  }
}

async function drawEndToEnd(): Promise<void> {
  const rows = rowsOf('end-to-end.csv');
  const most = rows.at(-1)?.['images'];
  const mine = rows.filter(({ images }) => images === most);
  if (mine.length === 0) return;
  const bars = newest(mine, ({ engine, threads }) => `${engine} ${threads}`).map(
    (row): Bar => ({
      label: `${row['engine']}, ${threadsOf(row)}`,
      value: Number(row['seconds']),
      low: Number(row['fastest']),
      high: Number(row['slowest']),
      isOurs: row['engine']?.startsWith('image-drift') ?? false,
    }),
  );
  await save('end-to-end.svg', barsSvg(`${Number(most).toLocaleString('en')} images, npz to parquet: seconds`, bars));
}

async function drawStartup(): Promise<void> {
  const row = rowsOf('startup.csv').at(-1);
  if (row === undefined) return;
  const phases = Object.entries(row)
    .filter(([name]) => name.endsWith('_ms'))
    .map(([name, ms]) => ({ label: name.replace(/_ms$/, '').replaceAll('_', ' '), value: Number(ms) }));
  await save('startup.svg', stackSvg(`embed of ${row['images']} images: milliseconds`, phases));
}

async function save(name: string, svg: string): Promise<void> {
  await writeFile(FIGURES + name, svg);
  console.log(`drawn: docs/figures/${name}`);
}

await drawInference();
await drawEndToEnd();
await drawStartup();
