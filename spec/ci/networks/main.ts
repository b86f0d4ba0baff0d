/**
 * Networks of torchvision, timm and transformers, as PyTorch's two ONNX exporters and torch.export write them: converted, run
 * with one image and with five, and compared with PyTorch in float64. The error may be twice that of PyTorch's own float32.
 *
 *   npm run check:networks -- --venv DIR [--folder DIR] [--only NAME…]
 *
 * One network is made at a time, and removed when all is right with it. What is right is remembered in FOLDER, so that a
 * run that was cut off goes on; a network with a fault is checked again, from the files that are still there.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineName, loadBackend } from '../../../engine/index.js';
import { checkFile, type Outcome, type SizeCase } from './check-file.js';
import { Maker } from './maker.js';
import { type Network, type Request, requestOf } from './request.js';

interface Case {
  parameters: number;
  sizes: SizeCase[];
  /** Exporter → why it wrote nothing. */
  failures: Record<string, string>;
}

/** All that was found out about a network. */
interface Result {
  network: string;
  problems: string[];
  /** File and size → what was found. */
  files: Record<string, Outcome>;
}

const FILES = ['torchscript.onnx', 'dynamo.onnx', 'program.pt2'];

async function main(request: Request): Promise<boolean> {
  mkdirSync(request.folder, { recursive: true });
  const results = join(request.folder, 'results.jsonl');
  const known = existsSync(results) ? readResults(results) : new Map<string, Result>();
  const backends: EngineName[] = ['wasm', ...((await isThere('onnxruntime')) ? (['onnxruntime'] as const) : [])];
  const maker = new Maker(request.python, request.folder);
  for (const network of request.networks) {
    if (known.get(network.name)?.problems.length === 0) continue;
    const result = await checkNetwork(network, request.folder, maker, backends);
    appendFileSync(results, `${JSON.stringify(result)}\n`);
    known.set(network.name, result);
    console.log(lineOf(result));
  }
  maker.close();
  const all = request.networks.flatMap(({ name }) => known.get(name) ?? []);
  printTable(all, backends);
  return all.every(({ problems }) => problems.length === 0);
}

async function isThere(name: EngineName): Promise<boolean> {
  return (await (await loadBackend(name)).availability()).ok;
}

/** The last of each network. */
function readResults(path: string): Map<string, Result> {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return new Map(lines.map((line) => JSON.parse(line) as Result).map((result) => [result.network, result]));
}

async function checkNetwork(
  { name, line }: Network,
  folder: string,
  maker: Maker,
  backends: readonly EngineName[],
): Promise<Result> {
  const own = join(folder, name.replace(':', '-'));
  const result: Result = { network: name, problems: [], files: {} };
  try {
    if (!existsSync(join(own, 'case.json'))) await maker.make(line);
  } catch (error) {
    return { ...result, problems: [(error as Error).message] };
  }
  const { sizes, failures } = JSON.parse(readFileSync(join(own, 'case.json'), 'utf8')) as Case;
  for (const [exporter, why] of Object.entries(failures)) result.problems.push(`${exporter} wrote nothing: ${why}`);
  for (const file of FILES.filter((each) => existsSync(join(own, each)))) {
    for (const [i, sized] of sizes.entries()) {
      const outcome = await checkFile(own, file, sized, backends);
      const place = `${file} ${sized.size.join('×')}`;
      result.files[place] = outcome;
      // The exporters write down the size of their example. A file that is for another size may be refused, and not be wrong.
      const isRefused = i > 0 && outcome.isOtherSize;
      if (outcome.problem !== null && !isRefused) result.problems.push(`${place}: ${outcome.problem}`);
    }
  }
  if (result.problems.length === 0) rmSync(own, { recursive: true, force: true });
  return result;
}

function lineOf({ network, problems, files }: Result): string {
  const outcomes = Object.values(files);
  const run = outcomes.filter(({ times }) => times !== null);
  const worst = Math.max(0, ...run.map(({ times }) => times!));
  const layers = Math.max(0, ...run.map((each) => each.layers));
  const refused = outcomes.filter(({ isOtherSize }) => isOtherSize).length;
  const slowest = Math.max(0, ...run.map(({ seconds }) => seconds));
  const said =
    `${network.padEnd(36)} ${run.length} files and sizes, ${layers} layers, at most ${worst.toFixed(2)} ×` +
    `${refused > 0 ? `, ${refused} for one size only` : ''}, converted in ${slowest.toFixed(1)} s`;
  return [`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${said}`, ...problems.map((each) => `         ${each}`)].join(
    '\n',
  );
}

function printTable(results: readonly Result[], backends: readonly EngineName[]): void {
  console.log(`\n${results.map(lineOf).join('\n')}`);
  const right = results.filter(({ problems }) => problems.length === 0).length;
  console.log(`\n${right} of ${results.length} networks are right on ${backends.join(' and ')}`);
}

process.exitCode = (await main(requestOf(process.argv.slice(2)))) ? 0 : 1;
