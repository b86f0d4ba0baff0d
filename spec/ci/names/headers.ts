/** Every name of a library, recognised from the names and shapes of its tensors: with its `config.json`, and without. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { recognise } from '../../../convert/recognition/recognise.js';
import { CodedError } from '../../../errors/index.js';
import { Python } from './python.js';

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
    from === null ? new Python(python, 'headers.py', [library]).lines : createInterface(createReadStream(from));
  for await (const line of lines) {
    const header = JSON.parse(line) as Header;
    if (header.library === library) yield header;
  }
}

export function outcomeOf({ library, name, parameters, tensors, config }: Header): Outcome {
  const shapes = new Map(Object.entries(tensors));
  const start = performance.now();
  const architecture = library === 'timm' ? name : String(config['model_type']);
  const hints = { library: library === 'timm' ? 'timm' : 'transformers', architecture, config } as const;
  const folder = tried(() => recognise(shapes, { hints, label: name }));
  const bare = tried(() => recognise(shapes, { label: name }));
  return { library, name, parameters, folder, bare, seconds: (performance.now() - start) / 1000 };
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
