/**
 * Draws the pictures of `docs/performance.md` from the newest rows of `bench/results/`:
 * `node dist/bench/performance-figures.js`. What was not measured is not drawn, and a line says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Bar, barsSvg, stackSvg } from './bars-svg.js';

const RESULTS = fileURLToPath(new URL('../../bench/results/', import.meta.url));
const FIGURES = fileURLToPath(new URL('../../docs/figures/', import.meta.url));

type Row = Record<string, string>;

/** Rows of the machine that has the most. Numbers of two machines are not drawn side by side. */
function rowsOf(name: string): Row[] {
  const rows = allRowsOf(name);
  const byCpu = [...new Set(rows.map(({ cpu }) => cpu))].map((cpu) => rows.filter((row) => row['cpu'] === cpu));
  return byCpu.reduce((most, some) => (some.length > most.length ? some : most), []);
}

/** Parses RFC 4180 as `results.ts` writes it. */
function allRowsOf(name: string): Row[] {
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

/** `24` of `v24.21.0`; 0 without a version. */
const majorOf = ({ node }: Row) => Number(/^v(\d+)/.exec(node ?? '')?.[1] ?? 0);
const nodeOf = (row: Row) => (majorOf(row) === 0 ? '' : `, Node ${majorOf(row)}`);

/** Rows that were measured on the newest Node. */
function onNewestNode(rows: readonly Row[]): Row[] {
  const most = Math.max(...rows.map(majorOf));
  return rows.filter((row) => majorOf(row) === most);
}

/** Rows of the Node on which the most engines were measured; of the newest of these. */
function onMostMeasuredNode(rows: readonly Row[]): Row[] {
  const majors = [...new Set(rows.map(majorOf))].sort((a, b) => b - a);
  const byNode = majors.map((major) => rows.filter((row) => majorOf(row) === major));
  const enginesIn = (some: readonly Row[]) => new Set(some.map(({ engine, threads }) => `${engine} ${threads}`)).size;
  return byNode.reduce((best, some) => (enginesIn(some) > enginesIn(best) ? some : best));
}

async function drawInference(): Promise<void> {
  const rows = rowsOf('inference.csv').filter(({ network }) => !network?.includes(','));
  for (const workload of new Set(rows.map(({ network, size, batch }) => `${network} ${size} ${batch}`))) {
    const [network, size, batch] = workload.split(' ');
    const same = rows.filter((row) => row['network'] === network && row['size'] === size && row['batch'] === batch);
    const mine = onMostMeasuredNode(same);
    const bars = newest(mine, ({ engine, threads }) => `${engine} ${threads}`).map(
      (row): Bar => ({
        label: `${row['engine']}, ${threadsOf(row)}`,
        value: Number(row['images_per_second']),
        low: Number(row['slowest_round']),
        high: Number(row['fastest_round']),
        isOurs: row['engine']?.startsWith('ours/') ?? false,
      }),
    );
    const title = `${network}, ${size}×${size}, batch ${batch}${nodeOf(mine[0]!)}: images a second`;
    await save(`inference-${network}-${size}.svg`, barsSvg(title, bars));
  }
  for (const threads of ['1', '2']) await drawRatios(rows, threads);
}

/** Bars are blue if our kernels are faster. */
async function drawRatios(rows: readonly Row[], threads: string): Promise<void> {
  const ours = rows.filter((row) => row['engine'] === 'ours/simd' && row['threads'] === threads);
  const measured = ours.filter((row) => row['ratio_to_onnxruntime'] !== '');
  if (measured.length === 0) return;
  const bars = newest(measured, (row) => `${row['network']} ${row['size']} ${majorOf(row)}`).map((row): Bar => {
    const ratio = Number(row['ratio_to_onnxruntime']);
    const label = `${row['network']}, ${row['size']}×${row['size']}${nodeOf(row)}`;
    return { label, value: ratio, low: 0, high: 0, isOurs: ratio >= 1 };
  });
  const title = `ours/simd, ${threadsOf({ threads })}: times as fast as onnxruntime-node`;
  await save(`ratio-onnxruntime-${threads}.svg`, barsSvg(title, bars));
}

async function drawLayers(): Promise<void> {
  const rows = rowsOf('layers.csv').filter(({ macs_done }) => macs_done !== '0');
  for (const workload of new Set(rows.map(({ network, size, batch }) => `${network} ${size} ${batch}`))) {
    const [network, size, batch] = workload.split(' ');
    const same = rows.filter((row) => row['network'] === network && row['size'] === size && row['batch'] === batch);
    const mine = onNewestNode(same);
    const bars = newest(mine, ({ layer = '' }) => layer).map((row): Bar => {
      const isPeak = row['of_peak'] === '1';
      const label = isPeak ? (row['layer'] ?? '') : `${row['layer']} ${row['kernel']?.replace(/ \(.*/, '')}`;
      return { label, value: Number(row['gigaflops']), low: 0, high: 0, isOurs: !isPeak };
    });
    const title = `${network}, ${size}×${size}, batch ${batch}${nodeOf(mine[0]!)}: GFLOP/s of each layer`;
    await save(`layers-${network}-${size}.svg`, barsSvg(title, bars));
  }
}

async function drawEndToEnd(): Promise<void> {
  const rows = rowsOf('end-to-end.csv');
  const most = rows.at(-1)?.['images'];
  const mine = rows.filter(({ images }) => images === most);
  if (mine.length === 0) return;
  const bars = newest(mine, (row) => `${row['engine']} ${row['threads']} ${majorOf(row)}`).map((row): Bar => {
    const isOurs = row['engine']?.startsWith('image-drift') ?? false;
    return {
      label: `${row['engine']}, ${threadsOf(row)}${isOurs ? nodeOf(row) : ''}`,
      value: Number(row['seconds']),
      low: Number(row['fastest']),
      high: Number(row['slowest']),
      isOurs,
    };
  });
  await save('end-to-end.svg', barsSvg(`${Number(most).toLocaleString('en')} images, npz to parquet: seconds`, bars));
}

async function drawEngineStart(): Promise<void> {
  const row = onNewestNode(rowsOf('engine-start.csv').filter((one) => one['kernels_are'] === 'known')).at(-1);
  if (row === undefined) return;
  const names = ['modules', 'weights', 'graph', 'kernels', 'pack', 'plan', 'first_batch'];
  const phases = names.map((name) => ({ label: name.replaceAll('_', ' '), value: Number(row[`${name}_ms`]) }));
  await save(
    'engine-start.svg',
    stackSvg(`start of our kernels, ${row['network']}${nodeOf(row)}: milliseconds`, phases),
  );
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
await drawLayers();
await drawEngineStart();
