/**
 * Networks of torchvision, timm and transformers, as both ONNX exporters of PyTorch and torch.export write them:
 * converted, run with one image and with five, and compared with PyTorch in float64, as `check-network.ts` says.
 *   npm run check:networks -- --venv DIR [--folder DIR] [--exporter torchscript|dynamo|pt2…] [--draws N] [--only NAME…]
 * One network is made at a time, and removed when all is right. FOLDER remembers what is right, so a run that was cut
 * off goes on. With `--draws` nothing is decided: it prints the errors of so many draws, beside those of PyTorch's own
 * orders of summation.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EngineName, loadBackend } from '../../../engine/index.js';
import { packageRoot as root } from '../../support/places.js';
import { MOST } from './check-file.js';
import {
  type Check,
  checkNetwork,
  Maker,
  MakerEnded,
  type Network,
  type Result,
  type Scatter,
  scatterOf,
} from './check-network.js';

/** As `make.py` calls them. */
const EXPORTERS = ['torchscript', 'dynamo', 'pt2'];
const USAGE = `npm run check:networks -- --venv DIR [--folder DIR] [--exporter ${EXPORTERS.join('|')}…] [--draws N] [--only NAME…]`;

async function main(request: Request): Promise<boolean> {
  mkdirSync(request.folder, { recursive: true });
  const { results } = request;
  const known = existsSync(results) ? readResults(results) : new Map<string, Result>();
  const backends: EngineName[] = ['simd', ...((await isThere('onnxruntime')) ? (['onnxruntime'] as const) : [])];
  const maker = new Maker(request.python, request.folder);
  if (request.draws > 0) return scatter(request, { folder: request.folder, maker, backends });
  for (const network of request.networks) {
    if (known.get(network.name)?.problems.length === 0) continue;
    const result = await checkNetwork(network, { folder: request.folder, maker, backends });
    appendFileSync(results, `${JSON.stringify(result)}\n`);
    known.set(network.name, result);
    console.log(lineOf(result));
  }
  maker.close();
  const all = request.networks.flatMap(({ name }) => known.get(name) ?? []);
  printTable(all, backends);
  return all.every(({ problems }) => problems.length === 0);
}

async function scatter({ networks, draws }: Request, check: Check): Promise<boolean> {
  for (const network of networks) console.log(scatterLines(await scatterOf(network, draws, check)));
  check.maker.close();
  return true;
}

function scatterLines({ network, draws }: Scatter): string {
  const places = Object.keys(draws[0]!);
  return places
    .map((place) => {
      const times = draws.map((files) => files[place]?.times ?? Number.NaN);
      const own = draws.map((files) => files[place]?.own ?? Number.NaN);
      const told = times.map((value) => value.toFixed(2)).join(' ');
      return `${network} ${place}: ${told}; ${summary(times)}; PyTorch's own orders: ${summary(own)}`;
    })
    .join('\n');
}

function summary(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const above = values.filter((value) => value > MOST).length;
  return `median ${sorted[Math.floor(sorted.length / 2)]!.toFixed(2)}, above ${MOST} in ${above} of ${values.length}`;
}

async function isThere(name: EngineName): Promise<boolean> {
  return (await (await loadBackend(name)).availability()).ok;
}

/** The last of each network. */
function readResults(path: string): Map<string, Result> {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.network, result]));
}

function lineOf({ network, problems, notes, files }: Result): string {
  const outcomes = Object.values(files);
  const run = outcomes.filter(({ times }) => times !== null);
  const worst = Math.max(0, ...run.map(({ times }) => times!));
  const layers = Math.max(0, ...run.map((each) => each.layers));
  const refused = outcomes.filter(({ isOtherSize }) => isOtherSize).length;
  const slowest = Math.max(0, ...run.map(({ seconds }) => seconds));
  const said =
    `${network.padEnd(36)} ${run.length} files and sizes, ${layers} layers, at most ${worst.toFixed(2)} ×` +
    `${refused > 0 ? `, ${refused} for one size only` : ''}, converted in ${slowest.toFixed(1)} s`;
  return [
    `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${said}`,
    ...problems.map((each) => `         ${each}`),
    ...notes.map((each) => `         ${each}; two other draws are within the bound`),
  ].join('\n');
}

function printTable(results: readonly Result[], backends: readonly EngineName[]): void {
  console.log(`\n${results.map(lineOf).join('\n')}`);
  const right = results.filter(({ problems }) => problems.length === 0).length;
  console.log(`\n${right} of ${results.length} networks are right on ${backends.join(' and ')}`);
}

interface Request {
  networks: Network[];
  /** A Python with torch, torchvision, timm, transformers, onnx and onnxscript. */
  python: string;
  folder: string;
  results: string;
  /** How many draws of each network are compared, without a decision; 0: each is decided. */
  draws: number;
}

/** @throws Error for names and exporters that are not listed, or a virtual environment that is not there */
function requestOf(args: string[]): Request {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      venv: { type: 'string' },
      folder: { type: 'string', default: join(root, 'node_modules', '.cache', 'image-drift-networks') },
      exporter: { type: 'string', multiple: true, default: EXPORTERS },
      draws: { type: 'string', default: '0' },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const python = join(values.venv ?? '', 'bin', 'python');
  if (values.venv === undefined || !existsSync(python)) throw new Error(`no ${python}; usage: ${USAGE}`);
  const wrong = values.exporter.filter((name) => !EXPORTERS.includes(name));
  if (wrong.length > 0) throw new Error(`no exporter ${wrong.join(', ')}; usage: ${USAGE}`);
  const left = EXPORTERS.filter((name) => !values.exporter.includes(name));
  const all = listed(left);
  const only = [...values.only, ...positionals];
  const stray = only.filter((name) => !all.some((network) => network.name === name));
  if (stray.length > 0) throw new Error(`not in networks.txt: ${stray.join(', ')}; usage: ${USAGE}`);
  const networks = all.filter(({ name }) => only.length === 0 || only.includes(name));
  const chosen = EXPORTERS.filter((name) => !left.includes(name));
  const results = left.length === 0 ? 'results.jsonl' : `results-${chosen.join('-')}.jsonl`;
  const draws = Number(values.draws);
  if (!Number.isInteger(draws) || draws < 0)
    throw new Error(`--draws ${values.draws} is not a number; usage: ${USAGE}`);
  return { networks, python, folder: values.folder, results: join(values.folder, results), draws };
}

/** Smallest first. @param left exporters that are left out */
function listed(left: readonly string[]): Network[] {
  const lines = readFileSync(join(root, 'spec', 'ci', 'networks', 'networks.txt'), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => ({ name: line.split(' ')[0]!, line: [line, ...left.map((name) => `-${name}`)].join(' ') }));
}

try {
  process.exitCode = (await main(requestOf(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  if (!(error instanceof MakerEnded)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
