/** What `npm run check:networks` is asked: the networks of `networks.txt`, and the command line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot as root } from '../../support/places.js';

export interface Network {
  name: string;
  /** The line of `networks.txt`, which `make.py` takes. */
  line: string;
}

export interface Request {
  networks: Network[];
  /** A Python with torch, torchvision, timm, transformers, onnx and onnxscript. */
  python: string;
  /** Where networks are made. */
  folder: string;
  /** Where the results are kept for the next time. */
  results: string;
  /** How many draws of each network are compared, without a decision; 0: each is decided. */
  draws: number;
}

/** As `make.py` calls them. */
const EXPORTERS = ['torchscript', 'dynamo', 'pt2'];
const USAGE = `npm run check:networks -- --venv DIR [--folder DIR] [--exporter ${EXPORTERS.join('|')}…] [--draws N] [--only NAME…]`;

/** @throws Error for names and exporters that are not listed, or a virtual environment that is not there */
export function requestOf(args: string[]): Request {
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
