/**
 * One network, in all files that PyTorch's exporters write. PyTorch's float32 error is that of one draw of weights, so
 * a network above the bound is drawn twice more, and both draws must be within it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EngineName } from '../../../engine/index.js';
import { LineProcess } from '../../support/line-process.js';
import { packageRoot } from '../../support/places.js';
import { checkFile, type Outcome, type SizeCase } from './check-file.js';

export interface Network {
  name: string;
  /** The line of `networks.txt`, which `make.py` takes. */
  line: string;
}

interface Case {
  parameters: number;
  sizes: SizeCase[];
  /** Exporter → why it wrote nothing. */
  failures: Record<string, string>;
}

/** What a draw gave for each file, size and backend. */
export interface Scatter {
  network: string;
  draws: Record<string, Outcome>[];
}

export interface Result {
  network: string;
  problems: string[];
  /** What was above the bound in one draw, and not in two others. */
  notes: string[];
  /** File and size → what was found in the last draw. */
  files: Record<string, Outcome>;
}

interface Draw {
  problems: string[];
  /** Whether all problems are errors above the bound. */
  isOnlyAbove: boolean;
  files: Record<string, Outcome>;
}

export interface Check {
  folder: string;
  maker: Maker;
  backends: readonly EngineName[];
  /** Whether the files of a draw stay. */
  keeps?: boolean;
}

const FILES = ['torchscript.onnx', 'dynamo.onnx', 'program.pt2'];
const OTHER_DRAWS = [2, 3];

export async function checkNetwork(network: Network, check: Check): Promise<Result> {
  const { name } = network;
  const first = await checkDraw(network, 1, check);
  if (!first.isOnlyAbove) return { network: name, problems: first.problems, notes: [], files: first.files };
  const others: Draw[] = [];
  for (const seed of OTHER_DRAWS) others.push(await checkDraw(network, seed, check));
  const problems = others.flatMap((draw, i) => draw.problems.map((each) => `draw ${OTHER_DRAWS[i]}: ${each}`));
  const { files } = others.at(-1)!;
  if (problems.length > 0) return { network: name, problems: [...first.problems, ...problems], notes: [], files };
  rmSync(folderOf(name, 1, check), { recursive: true, force: true });
  return { network: name, problems, notes: first.problems, files };
}

/** The same network in as many draws as are asked for: what is luck of a draw shows. Nothing is decided by it. */
export async function scatterOf(network: Network, draws: number, check: Check): Promise<Scatter> {
  const found: Scatter['draws'] = [];
  for (let seed = 1; seed <= draws; seed++) {
    const outcomes: Record<string, Outcome> = {};
    for (const backend of check.backends) {
      const { files } = await checkDraw(network, seed, { ...check, backends: [backend], keeps: true });
      for (const [place, outcome] of Object.entries(files)) outcomes[`${place} ${backend}`] = outcome;
    }
    rmSync(folderOf(network.name, seed, check), { recursive: true, force: true });
    found.push(outcomes);
  }
  return { network: network.name, draws: found };
}

/** The folder of a draw that is right is removed. */
async function checkDraw({ name, line }: Network, seed: number, check: Check): Promise<Draw> {
  const own = folderOf(name, seed, check);
  try {
    if (!existsSync(join(own, 'case.json'))) await check.maker.make(line, seed);
  } catch (error) {
    if (error instanceof MakerEnded) throw error;
    return { problems: [(error as Error).message], isOnlyAbove: false, files: {} };
  }
  const { sizes, failures } = JSON.parse(readFileSync(join(own, 'case.json'), 'utf8')) as Case;
  const files: Record<string, Outcome> = {};
  const wrong: Record<string, Outcome> = {};
  for (const file of FILES.filter((each) => existsSync(join(own, each)))) {
    for (const [i, sized] of sizes.entries()) {
      const outcome = await checkFile(own, file, sized, check.backends);
      const place = `${file} ${sized.size.join('×')}`;
      files[place] = outcome;
      // The exporters write down the size of their example. A file that is for another size may be refused, and not be wrong.
      const isRefused = i > 0 && outcome.isOtherSize;
      if (outcome.problem !== null && !isRefused) wrong[place] = outcome;
    }
  }
  const unwritten = Object.entries(failures).map(([exporter, why]) => `${exporter} wrote nothing: ${why}`);
  const problems = [...unwritten, ...Object.entries(wrong).map(([place, { problem }]) => `${place}: ${problem}`)];
  if (problems.length === 0 && check.keeps !== true) rmSync(own, { recursive: true, force: true });
  const isOnlyAbove =
    problems.length > 0 && unwritten.length === 0 && Object.values(wrong).every((each) => each.isAbove);
  return { problems, isOnlyAbove, files };
}

/** As `make.py` calls it. */
function folderOf(name: string, seed: number, { folder }: Check): string {
  return join(folder, `${name.replace(':', '-')}-${seed}`);
}

export class MakerEnded extends Error {
  readonly code = 'MAKER_ENDED';

  constructor(line: string, how: string) {
    super(`MAKER_ENDED: the Python that makes networks ended ${how}, asked for ${line}; what it said stands above`);
  }
}

/** The process that makes networks, one when it is asked. */
export class Maker {
  readonly #process: LineProcess;

  constructor(python: string, folder: string) {
    const script = join(packageRoot, 'spec', 'ci', 'networks', 'make.py');
    this.#process = new LineProcess([python, script, folder], { PYTHONUNBUFFERED: '1' }, true);
  }

  /**
   * @param line of `networks.txt`
   * @throws Error with what Python says of this network
   * @throws MakerEnded if Python itself has ended: no further network can be made
   */
  async make(line: string, seed: number): Promise<void> {
    const answer = await this.#process.ask(`${line} seed=${seed}`);
    if (answer === null) throw new MakerEnded(line, await this.#ended());
    if (answer !== 'made') throw new Error(`not made: ${answer}`);
  }

  /** The lines may end before the process does. */
  async #ended(): Promise<string> {
    while (this.#process.end === null) await setTimeout(10);
    return this.#process.end;
  }

  close(): void {
    this.#process.close();
  }
}
