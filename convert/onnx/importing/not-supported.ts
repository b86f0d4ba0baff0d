/** What a file asks for and the graph cannot have. All of it is listed at once. */
import { printable } from '../../../base/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxNode } from '../file/onnx-model.js';

/** Thrown while one operator is imported; the reason goes into the list. */
export class NotSupported extends Error {
  override readonly name = 'NotSupported';
}

interface Problem {
  /** Operator, with its domain if it is not ONNX's own. */
  operator: string;
  /** Why not; null: the operator is not known. */
  reason: string | null;
  count: number;
  first: string;
}

/** How many kinds of problems are told. No network has as many; a file that was made to have more is cut off. */
const MAX_TOLD = 100;
/** Characters of a reason, which may have names and lists of the file in it. */
const MAX_REASON = 300;

export class Problems {
  readonly #found = new Map<string, Problem>();
  readonly #word: (reason: string) => string;

  /** @param word how a reason is said */
  constructor(word: (reason: string) => string) {
    this.#word = word;
  }

  get isEmpty(): boolean {
    return this.#found.size === 0;
  }

  /** @param reason null: the operator is not known */
  add(node: OnnxNode, reason: string | null): void {
    const operator = operatorName(node);
    const told = reason === null ? null : printable(this.#word(reason.slice(0, MAX_REASON)));
    const key = `${operator}: ${told}`;
    const known = this.#found.get(key);
    if (known === undefined) this.#found.set(key, { operator, reason: told, count: 1, first: nodeName(node) });
    else known.count += 1;
  }

  error(label: string): ConvertError {
    const problems = [...this.#found.values()];
    const told = problems.slice(0, MAX_TOLD).map(({ operator, reason, count, first }) => {
      const why = reason === null ? '' : `: ${reason}`;
      return `${operator} (${count.toLocaleString('en')} ×, first ${first})${why}`;
    });
    const rest = problems.slice(MAX_TOLD);
    const restNodes = rest.reduce((sum, { count }) => sum + count, 0);
    const more =
      rest.length === 0
        ? ''
        : `; and ${rest.length.toLocaleString('en')} more kinds (${restNodes.toLocaleString('en')} nodes)`;
    return new ConvertError(
      'ONNX_NOT_SUPPORTED',
      `${label}: has operators that are not supported: ${told.join('; ')}${more}`,
      {
        hint:
          'A tap before them does without them: --tap NAME. image-drift inspect FILE --taps lists the names. ' +
          'For a size that is not fixed, give --size.',
      },
    );
  }
}

/** With its domain, if it is not ONNX's own. */
export function operatorName({ op, domain, writtenAs }: OnnxNode): string {
  return printable((writtenAs ?? (domain === '' ? op : `${domain}.${op}`)).slice(0, 100));
}

/** Its name, or that of its output. */
export function nodeName({ name, outputs }: Pick<OnnxNode, 'name' | 'outputs'>): string {
  return printable((name === '' ? (outputs[0] ?? '') : name).slice(0, 200));
}
