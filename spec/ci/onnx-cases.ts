/**
 * Runs the node cases of PyPI's onnx that `onnx_cases.py` wrote. Each is tried as a network for a batch, as one for one
 * image after another, and as constants; the first way that does not refuse must be right.
 *     node dist/spec/ci/onnx-cases.js FOLDER [EVERY]
 * Prints refused cases with the reason, and what is left out. Fails if one is wrong, if too many are refused, or if one
 * that must never be is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import type { OnnxModel } from '../../convert/onnx/file/onnx-model.js';
import { opsetProblem, parseModel } from '../../convert/onnx/file/parse-model.js';
import { isFoldable } from '../../convert/onnx/folding/fold.js';
import { OPERATORS } from '../../convert/onnx/importing/operators.js';
import { NotSupported } from '../../convert/onnx/importing/value.js';
import {
  asConstants,
  type Case,
  errorOf,
  type Outputs,
  Refusal,
  readCases,
  valuesOf,
} from '../support/onnx-cases/case.js';
import { imageByImage, inNetwork } from '../support/onnx-cases/in-network.js';

/** onnx's own bound; half precision is coarser than that, and of bfloat16 two last digits are 2⁻⁷. */
const BOUND = 1e-3;
const BFLOAT_BOUND = 2 ** -7;
/** Cases that may be refused. */
const MOST_REFUSED = 75;
/** What no network of images has: three axes behind the channels, and keys of earlier calls. */
const NOT_OF_IMAGES = /: it gets (\[\d+(, \d+){4}\]|keys and values of earlier calls)/;
/** Operators whose own cases must all be right. */
const NEVER_REFUSED: ReadonlySet<string> = new Set([
  ...['Attention', 'AveragePool', 'Conv', 'ConvTranspose', 'Gelu', 'Gemm', 'GlobalAveragePool', 'GlobalMaxPool'],
  ...['LayerNormalization', 'MatMul', 'MaxPool', 'Softmax'],
]);

const WAYS = { network: inNetwork, image: imageByImage, constants: asConstants } as const;
type Way = keyof typeof WAYS;

type Outcome =
  | { kind: 'right'; way: Way; isPart: boolean }
  | { kind: 'wrong' | 'refused' | 'other'; reason: string; operator: string };

const [, , folder = '', every = '1'] = process.argv;
const right: Record<Way, number> = { network: 0, image: 0, constants: 0 };
/** Names by the reason. */
const told = { wrong: new Map(), refused: new Map(), other: new Map() } satisfies Record<string, Map<string, string[]>>;
const parts: string[] = [];
const forbidden: string[] = [];

for (const [index, each] of readCases(folder).entries()) {
  if (index % Number(every) !== 0) continue;
  const outcome = await outcomeOf(each);
  if (outcome.kind === 'right') {
    right[outcome.way] += 1;
    if (outcome.isPart) parts.push(each.name);
    continue;
  }
  const { kind, reason, operator } = outcome;
  told[kind].set(reason, [...(told[kind].get(reason) ?? []), each.name]);
  if (kind === 'refused' && NEVER_REFUSED.has(operator) && !NOT_OF_IMAGES.test(reason)) forbidden.push(each.name);
}
for (const kind of ['other', 'refused', 'wrong'] as const) {
  for (const [reason, names] of told[kind]) console.log(`${kind}, ${reason}: ${names.length}: ${names.join(' ')}`);
}
if (parts.length > 0) console.log(`right, but an output is not given: ${parts.length}: ${parts.join(' ')}`);
const counts = {
  right: right.network + right.image + right.constants,
  wrong: count('wrong'),
  refused: count('refused'),
};
console.log(
  `${counts.right} of ${counts.right + counts.refused + counts.wrong} cases are right: ${right.network} in a network, ` +
    `${right.image} for one image after another, ${right.constants} as constants; ${counts.refused} refused, ` +
    `${counts.wrong} wrong; ${count('other')} of other operators or types`,
);
if (forbidden.length > 0) console.log(`must not be refused: ${forbidden.join(' ')}`);
const isFine = counts.right > 0 && counts.wrong === 0 && counts.refused <= MOST_REFUSED && forbidden.length === 0;
process.exitCode = isFine ? 0 : 1;

function count(kind: keyof typeof told): number {
  return [...told[kind].values()].reduce((sum, names) => sum + names.length, 0);
}

async function outcomeOf(each: Case): Promise<Outcome> {
  const model = parsed(each.name);
  if (typeof model === 'string') return { kind: 'other', reason: model, operator: '' };
  const operator = model.graph.nodes.length === 1 ? model.graph.nodes[0]!.op : '';
  const unread = new Set(
    model.graph.nodes.filter(({ op, domain }) => domain !== '' || !isRead(op)).map(({ op }) => op),
  );
  if (unread.size > 0) return { kind: 'other', reason: [...unread].join(', '), operator };
  if ([...each.inputs, each.outputs[0]].some((value) => value === null)) {
    return { kind: 'other', reason: 'types', operator };
  }
  const reasons: string[] = [];
  for (const way of ['network', 'image', 'constants'] as const) {
    try {
      const outputs = await WAYS[way](each, model);
      const error = largestError(outputs, each);
      const bound = each.outputs[0]!.dtype === 'bfloat16' ? BFLOAT_BOUND : BOUND;
      if (error <= bound) return { kind: 'right', way, isPart: outputs.includes(null) };
      return { kind: 'wrong', reason: `${way}, relative error ${error}`, operator };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      reasons.push(error.message.replace(/^.*not supported: /, ''));
    }
  }
  return { kind: 'refused', reason: reasons[0]!, operator };
}

/** The largest error among the outputs that are given; the first always is. */
function largestError(outputs: Outputs, { outputs: expected }: Case): number {
  if (outputs[0] == null) return Number.POSITIVE_INFINITY;
  const errors = outputs.flatMap((output, i) =>
    output === null || expected[i] == null ? [] : [errorOf(output, valuesOf(expected[i]))],
  );
  return Math.max(...errors);
}

function isRefusal(error: unknown): error is Error {
  return error instanceof CodedError || error instanceof Refusal || error instanceof NotSupported;
}

/** The message of the error if it cannot be read. */
function parsed(name: string): OnnxModel | string {
  try {
    const model = parseModel(readFileSync(join(folder, `${name}.onnx`)), name);
    return opsetProblem(model) === null ? model : 'opsets that are not read';
  } catch (error) {
    if (error instanceof CodedError) return error.message.slice(name.length + 2);
    throw error;
  }
}

function isRead(op: string): boolean {
  return OPERATORS.has(op) || isFoldable(op) || op === 'If';
}
