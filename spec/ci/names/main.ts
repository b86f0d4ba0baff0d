/**
 * Every architecture of timm and every class of transformers that takes images, by name:
 *
 *   npm run check:names -- --venv DIR --headers         recognised from names and shapes of tensors alone, in seconds
 *   npm run check:names -- --venv DIR [--until HH:MM]   numbers of each network of timm that is converted, beside PyTorch's float64
 *   npm run check:names -- --venv DIR --sample N --seed S   of N of them, drawn by the seed; nothing is remembered
 *   npm run check:names -- --venv DIR --twins           networks of timm made with other arguments (twins.txt)
 *   npm run check:names -- --venv DIR --table           prints convert/recognition/timm-networks.txt for the timm that is there
 *
 * The results are bench/results/names-headers.csv, names.csv and names-twins.csv. A network that names.csv has is not compared again. The smallest go
 * first; `--from FILE` takes headers that `headers.py` printed before; `--most N` leaves out those of more than N parameters. `--only NAME` compares one,
 * and begins with the draw of weights that `--draw N` numbers.
 */
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../../../base/index.js';
import { libraryNames } from '../../../convert/index.js';
import type { LineProcess } from '../../support/line-process.js';
import { packageRoot } from '../../support/places.js';
import { headersOf, outcomeOf, printTable } from './headers.js';
import { compare, isRight, make, pythonOf, readRows, UNCLEAR } from './numbers.js';
import { compareTwins } from './twins.js';

const RESULTS = join(packageRoot, 'bench', 'results');
const HEADERS = join(RESULTS, 'names-headers.csv');
const NUMBERS = join(RESULTS, 'names.csv');

const MOST_DRAWS = 9;
/** A network is wrong when it is in so many draws. */
const WRONG_DRAWS = 3;

const { values } = parseArgs({
  options: {
    venv: { type: 'string' },
    headers: { type: 'boolean', default: false },
    twins: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
    until: { type: 'string', default: '99:99' },
    most: { type: 'string', default: '4e8' },
    from: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    draw: { type: 'string', default: '0' },
  },
});

const python = join(values.venv ?? '', 'bin', 'python');
if (values.venv === undefined || !existsSync(python))
  throw new Error(`no ${python}: --venv needs torch, timm and transformers`);

if (values.headers) await recogniseAll();
else if (values.table) await printTable(python, values.from ?? null);
else {
  const folder = mkdtempSync(join(tmpdir(), 'image-drift-names-'));
  const maker = pythonOf(python, 'make.py', [folder]);
  const isWrong = values.twins
    ? await compareTwins(maker, folder, join(RESULTS, 'names-twins.csv'))
    : await compareAll(maker, folder);
  maker.close();
  rmSync(folder, { recursive: true });
  process.exitCode = isWrong ? 1 : 0;
}

async function recogniseAll(): Promise<void> {
  writeFileSync(HEADERS, 'library,name,parameters,folder,bare,seconds\n');
  for (const library of ['timm', 'transformers']) {
    const counts = new Map<string, number>();
    for await (const header of headersOf(python, library, values.from ?? null)) {
      const { name } = header;
      const {
        parameters = 0,
        folder,
        bare,
        seconds,
      } = header.error === undefined ? outcomeOf(header) : { folder: 'NOT_MADE', bare: 'NOT_MADE', seconds: 0 };
      appendFileSync(HEADERS, `${[library, name, parameters, folder, bare, seconds.toFixed(3)].join(',')}\n`);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    console.log(library, Object.fromEntries(counts));
  }
}

/** Those that are converted, the smallest first. */
function listed(): { name: string; parameters: number }[] {
  const converted = new Set(libraryNames('timm'));
  return readRows(HEADERS)
    .filter(([library, name]) => library === 'timm' && converted.has(name!))
    .map(([, name, parameters]) => ({ name: name!, parameters: Number(parameters) }))
    .sort((a, b) => a.parameters - b.parameters);
}

async function compareAll(maker: LineProcess, folder: string): Promise<boolean> {
  const all = listed().filter(({ parameters }) => parameters <= Number(values.most));
  const known = new Set(values.sample === undefined ? readRows(NUMBERS).map(([name]) => name) : []);
  const names = all.map(({ name }) => name).filter((name) => !known.has(name));
  const chosen = values.only.length > 0 ? values.only : values.sample === undefined ? names : drawn(names);
  const remembers = values.only.length === 0 && values.sample === undefined;
  if (remembers && !existsSync(NUMBERS))
    writeFileSync(NUMBERS, 'name,parameters,side,outcome,embedding,scores,pytorch,seconds,draw\n');
  let wrong = 0;
  for (const name of chosen) {
    if (new Date().toTimeString().slice(0, 5) >= values.until) break;
    const row = await rowOf(name, maker, folder);
    if (!row.includes(',right,')) wrong++;
    if (remembers) appendFileSync(NUMBERS, `${row}\n`);
    console.log(row);
  }
  return wrong > 0;
}

/** The same names for the same seed. */
function drawn(names: readonly string[]): string[] {
  const random = new Random(Number(values.seed));
  return Array.from({ length: Number(values.sample) }, () => names[random.below(names.length)]!);
}

/**
 * Draws other weights where PyTorch's or our error is too large: in a deep network some draws multiply rounding errors.
 * Later draws are calmer (`make.py`). A wrong forward pass is wrong in each.
 */
async function rowOf(name: string, maker: LineProcess, folder: string): Promise<string> {
  let wrong = 0;
  for (let draw = Number(values.draw); ; draw++) {
    const row = await rowOfDraw(name, draw, maker, folder);
    const outcome = row.split(',')[3]!;
    if (outcome === 'WRONG') wrong++;
    const says = outcome === 'WRONG' ? wrong === WRONG_DRAWS : outcome !== 'unclear';
    if (says || draw === MOST_DRAWS) return row;
    console.log(`${row}: drawn again`);
  }
}

async function rowOfDraw(name: string, draw: number, maker: LineProcess, folder: string): Promise<string> {
  const start = performance.now();
  const made = await make(maker, name, {}, draw);
  if (made.error !== undefined)
    return [name, '', '', 'not made', '', '', '', made.error.replaceAll(',', ';'), draw].join(',');
  const compared = await compare(folder, made, false);
  const { code, message, embedding, scores } = compared;
  const outcome = code ?? (made.single > UNCLEAR ? 'unclear' : isRight(compared, made) ? 'right' : 'WRONG');
  const told = [embedding, scores].map((error) => error?.toExponential(1) ?? '');
  if (code !== null) console.log(message);
  return [
    name,
    made.parameters,
    made.side,
    outcome,
    ...told,
    made.single.toExponential(1),
    ((performance.now() - start) / 1000).toFixed(1),
    draw,
  ].join(',');
}
