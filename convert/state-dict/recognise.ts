/**
 * Finds out which network a state dict belongs to, from the names and shapes of its tensors alone.
 *
 * The sizes of the head are read from its Linear layers. Every known backbone is then built with that head and compared
 * tensor by tensor. At most one fits, because no two known variants have the same shapes (ResNeXt's groups show in the
 * second dimension of its convolutions). Layers without tensors are not visible: activations are assumed to be ReLU.
 */
import { backboneNames, buildGraph, type NetworkSpec } from '../../graph/backbones/index.js';
import { describeTensorProblems, parameters, type TensorProblem, tensorProblems } from '../../graph/index.js';
import { ConvertError } from '../convert-error.js';

export type Shapes = ReadonlyMap<string, readonly number[]>;

export interface RecogniseOptions {
  /** torchvision's name of the backbone; if given, no other backbone is tried. */
  backbone?: string | undefined;
  /** File name, for messages. */
  label: string;
}

interface Candidate {
  network: NetworkSpec;
  problems: TensorProblem[];
  /** Number of tensors that the network needs. */
  needed: number;
}

/** One Linear of the head, e.g. `fc.2`, whose weight is `[outputs, inputs]`. */
interface HeadLayer {
  module: string;
  /** Index in its Sequential; null if the layer is the whole head (`fc`). */
  index: number | null;
  outputs: number;
}

/**
 * @param shapes shapes by state-dict name, without `num_batches_tracked`
 * @throws ConvertError `BACKBONE_MISMATCH` (with the first differences from the nearest variant, and both shapes),
 *   `BACKBONE_UNKNOWN` (no variant is near), `HEAD_NOT_SUPPORTED`
 * @throws EngineError `UNKNOWN_BACKBONE`, `BAD_HEAD`
 */
export function recognise(shapes: Shapes, { backbone, label }: RecogniseOptions): NetworkSpec {
  const layers = headLayers(shapes);
  const best = bestCandidate(shapes, layers, backbone === undefined ? backboneNames() : [backbone]);
  if (best.problems.length === 0) return best.network;
  throw refusal(best, layers, label, backbone !== undefined);
}

function bestCandidate(shapes: Shapes, layers: readonly HeadLayer[], names: readonly string[]): Candidate {
  let best: Candidate | undefined;
  for (const backbone of names) {
    for (const head of possibleHeads(layers)) {
      const network = { backbone, head, classes: layers.at(-1)?.outputs ?? 1000 };
      const expected = parameters(buildGraph(network));
      const candidate = { network, problems: tensorProblems(expected, shapes), needed: expected.size };
      if (best === undefined || candidate.problems.length < best.problems.length) best = candidate;
    }
  }
  return best!;
}

/** The Linear layers under `fc` or `classifier`, in order. */
function headLayers(shapes: Shapes): HeadLayer[] {
  const layers: HeadLayer[] = [];
  for (const [name, shape] of shapes) {
    const match = /^(?<module>(fc|classifier)(\.(?<index>\d{1,4}))?)\.weight$/.exec(name);
    if (match?.groups === undefined || shape.length !== 2) continue;
    const { module, index } = match.groups;
    layers.push({ module: module!, index: index === undefined ? null : Number(index), outputs: shape[0]! });
  }
  return layers.sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
}

/** Candidates: torchvision's own classifier and, if there are several Linears, a perceptron with their sizes. */
function possibleHeads(layers: readonly HeadLayer[]): number[][] {
  const hidden = layers.slice(0, -1).map((layer) => layer.outputs);
  return hidden.length > 0 ? [[], hidden] : [[]];
}

function refusal(
  { network, problems, needed }: Candidate,
  layers: readonly HeadLayer[],
  label: string,
  chosen: boolean,
): ConvertError {
  const headPlaces = problems.every(({ name }) => /^(fc|classifier)\./.test(name));
  if (headPlaces && layers.length > 0) return headRefusal(network, layers, problems, label);
  const all = needed + problems.filter(({ kind }) => kind === 'unexpected').length;
  const counted = `${problems.length} of ${all} tensors differ`;
  const told = `${counted}: ${describeTensorProblems(problems)}`;
  if (!chosen && problems.length > needed / 2) {
    return new ConvertError(
      'BACKBONE_UNKNOWN',
      `${label}: no backbone known here has these tensors; from the nearest, ${network.backbone}, ${told}`,
      { hint: `Known are ${backboneNames().join(', ')}, with torchvision's names for the layers.` },
    );
  }
  return new ConvertError('BACKBONE_MISMATCH', `${label}: is not torchvision's ${network.backbone}: ${told}`, {
    hint: chosen ? undefined : 'Changed layers, such as a smaller stem, cannot be converted.',
  });
}

/** The error if only the head differs. It describes the head's layers. */
function headRefusal(
  network: NetworkSpec,
  layers: readonly HeadLayer[],
  problems: readonly TensorProblem[],
  label: string,
): ConvertError {
  const found = layers.map(({ module, outputs }) => `${module} (${outputs})`).join(', ');
  const root = layers[0]!.module.split('.')[0]!;
  return new ConvertError(
    'HEAD_NOT_SUPPORTED',
    `${label}: is a ${network.backbone}, but its head has the Linear layers ${found}: ${describeTensorProblems(problems)}`,
    {
      hint:
        `A head is torchvision's own, or Sequential(Linear, ReLU, Linear, …) as ${root}.0, ${root}.2, …. If all that stands ` +
        'between yours is ReLU and Dropout, rename its tensors to that in the state dict; other layers cannot be converted.',
    },
  );
}
