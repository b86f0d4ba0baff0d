/** What `npm run check:networks` is asked: the networks of `networks.txt`, and the command line. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot as root } from '../../support/paths.js';

export interface Network {
  name: string;
  /** The line of `networks.txt`, which `make.py` takes. */
  line: string;
}

export interface Request {
  networks: Network[];
  /** A Python with torch, torchvision, timm, transformers, onnx and onnxscript. */
  python: string;
  /** Where networks are made, and where the results are kept for the next time. */
  folder: string;
}

const USAGE = 'npm run check:networks -- --venv DIR [--folder DIR] [--only NAME…]';

/** @throws Error for names that are not listed, or a virtual environment that is not there */
export function requestOf(args: string[]): Request {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      venv: { type: 'string' },
      folder: { type: 'string', default: join(root, 'node_modules', '.cache', 'image-drift-networks') },
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const python = join(values.venv ?? '', 'bin', 'python');
  if (values.venv === undefined || !existsSync(python)) throw new Error(`no ${python}; usage: ${USAGE}`);
  const all = listed();
  const only = [...values.only, ...positionals];
  const stray = only.filter((name) => !all.some((network) => network.name === name));
  if (stray.length > 0) throw new Error(`not in networks.txt: ${stray.join(', ')}; usage: ${USAGE}`);
  const networks = all.filter(({ name }) => only.length === 0 || only.includes(name));
  return { networks, python, folder: values.folder };
}

/** Smallest first. */
function listed(): Network[] {
  const lines = readFileSync(join(root, 'spec', 'ci', 'networks', 'networks.txt'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => ({ name: line.split(' ')[0]!, line }));
}
