/** Every name of a library, recognised from the names and shapes of its tensors: with its `config.json`, and without. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CodedError } from '../../../base/index.js';
import { classNamed, classProblem, hintsOfClass } from '../../../convert/recognition/library-names.js';
import { recognise } from '../../../convert/recognition/recognise.js';
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
