/**
 * A converted model as an ONNX file, for whoever runs it elsewhere: uint8 images in, the embedding and the softmax of
 * the classes out. The batch is dynamic, the image size too where the model takes any.
 */

import { writeFileAtomically } from '../files/index.js';
import { buildGraph } from '../graph/backbones/index.js';
import { bind, resolveTap } from '../graph/index.js';
import { type OnnxModel, onnxModel } from '../graph/onnx/index.js';
import { optimise } from '../graph/passes/index.js';
import { checkTensor, type ModelConfig, type Tensor } from '../weights/index.js';

export interface OnnxFile {
  path: string;
  bytes: number;
  /** Names of its outputs: the embedding, then the scores. */
  outputs: readonly string[];
}

/** The name of the output where the embedding is that of the whole network, whose own name is empty. */
const WHOLE_NETWORK = 'logits';

/**
 * Batch norms are folded into the convolutions before them; otherwise tensors are as they were, in float32.
 *
 * @throws EngineError `ONNX_TOO_LARGE`, `TENSORS_DO_NOT_FIT`, `UNKNOWN_TAP`; WeightsError for values that are not finite
 */
export function prepareOnnx(config: ModelConfig, tensors: ReadonlyMap<string, Tensor>): OnnxModel {
  for (const [name, tensor] of tensors) checkTensor(`${config.provenance.source}: tensor ${name}`, tensor);
  const { backbone, head, classes, tap, preprocessing } = config;
  const graph = buildGraph({ backbone, head, classes: classes.length });
  const node = resolveTap(graph, tap);
  const { size, mean, std } = preprocessing;
  return onnxModel(optimise(bind(graph, tensors), new Set([node, graph.output])), {
    taps: new Map([[tap === '' ? WHOLE_NETWORK : tap, node]]),
    scores: true,
    mean,
    std,
    size: size === null ? null : { height: size[0], width: size[1] },
    metadata: describe(config),
  });
}

/**
 * Written whole or not at all; a file that is there is replaced.
 *
 * @throws FileError when it cannot be written
 */
export async function writeOnnx(path: string, model: OnnxModel): Promise<OnnxFile> {
  await writeFileAtomically(path, async (file) => {
    for (const piece of model.pieces) await file.write(piece);
  });
  return { path, bytes: model.byteLength, outputs: model.outputs.map(({ name }) => name) };
}

/** What the file says about itself. No dates and no paths, so that the same checkpoint gives the same bytes. */
function describe({ backbone, classes, preprocessing, provenance, tap }: ModelConfig): Map<string, string> {
  return new Map([
    ['backbone', backbone],
    ['embedding', tap],
    ['classes', JSON.stringify(classes)],
    // What must be done before the model sees an image; mean and std are part of it.
    ['preprocessing', JSON.stringify(preprocessing)],
    ['source', provenance.source],
    ['source_sha256', provenance.sha256],
    ['converter', provenance.converter],
  ]);
}
