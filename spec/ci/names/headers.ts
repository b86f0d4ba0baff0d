/** Every name of a library, recognised from the names and shapes of its tensors: with its `config.json`, and without. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CodedError } from '../../../base/index.js';
import { findBodies } from '../../../convert/recognition/find-bodies.js';
import { classNamed, classProblem, hintsOfClass } from '../../../convert/recognition/library-names.js';
import { recognise } from '../../../convert/recognition/recognise.js';
import { fingerprintOf, timmTable } from '../../../convert/recognition/timm.js';
import type { Hints } from '../../../graph/backbones/index.js';
import { pythonOf } from './numbers.js';

export interface Header {
  library: string;
  name: string;
  error?: string;
  parameters: number;
  tensors: Record<string, number[]>;
  config: Record<string, unknown>;
}

export interface Outcome {
  library: string;
  name: string;
  parameters: number;
  /** `converted`, or the code of the error. */
  folder: string;
  bare: string;
  seconds: number;
}

/** @param from a file of what `headers.py` printed before; null: it is asked */
export async function* headersOf(python: string, library: string, from: string | null): AsyncGenerator<Header> {
  const lines =
    from === null ? pythonOf(python, 'headers.py', [library]).lines : createInterface(createReadStream(from));
  for await (const line of lines) {
    const header = JSON.parse(line) as Header;
    if (header.library === library) yield header;
  }
}

export function outcomeOf({ library, name, parameters, tensors, config }: Header): Outcome {
  const shapes = new Map(Object.entries(tensors));
  const start = performance.now();
  const folder =
    problemOf(library, config) ??
    tried(() => recognise(shapes, { hints: hintsOf(library, name, config), label: name }));
  const bare = tried(() => recognise(shapes, { label: name }));
  return { library, name, parameters, folder, bare, seconds: (performance.now() - start) / 1000 };
}

/** What `readHubFolder` refuses before it reads a tensor. */
function problemOf(library: string, config: Header['config']): string | null {
  return library === 'timm' || classProblem(config) === null ? null : 'ARCHITECTURE_NOT_SUPPORTED';
}

function hintsOf(library: string, name: string, config: Header['config']): Hints {
  if (library === 'timm') return { library, architecture: name, config };
  return {
    library: 'transformers',
    architecture: String(config['model_type']),
    config,
    ...hintsOfClass(classNamed(config)),
  };
}

/** @throws what is no coded error */
function tried(recognised: () => unknown): string {
  try {
    recognised();
    return 'converted';
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

// `convert/recognition/timm-networks.txt` for another version of timm: what the file says of the names that it has stays.

const WIDTH = 118;
/** A body of fewer tensors is a part of another network. */
const LEAST = 0.5;

export async function printTable(python: string, from: string | null): Promise<void> {
  const known = new Map(timmTable().lines.map((line) => [line.split(' ')[0]!, line.split(' ').slice(2).join(' ')]));
  const lines: string[] = [];
  const others: string[] = [];
  for await (const header of headersOf(python, 'timm', from)) {
    const fingerprint = fingerprintIn(header);
    if (fingerprint === null) others.push(header.name);
    else lines.push([header.name, fingerprint, known.get(header.name) ?? '- it was not compared'].join(' ').trim());
  }
  console.log(lines.join('\n'));
  console.log(`\n${wrapped(others).join('\n')}`);
}

/** Null where the tensors are of no family here. */
function fingerprintIn({ name, tensors }: Header): string | null {
  const shapes = new Map(Object.entries(tensors ?? {}).filter(([tensor]) => !tensor.endsWith('num_batches_tracked')));
  // The heads do not matter here.
  const { whole } = findBodies(shapes, { library: 'timm', architecture: name, forward: { heads: 1 } });
  const body = whole.find(({ prefix, names }) => prefix === '' && names.size > LEAST * shapes.size);
  return body === undefined ? null : fingerprintOf(body);
}

function wrapped(words: readonly string[]): string[] {
  const lines = [''];
  for (const word of words) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
