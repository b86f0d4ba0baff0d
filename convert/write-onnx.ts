/** Writes a model for other runtimes: uint8 images of any batch (and size, if it may) → embedding and scores. */
import { nextTurn } from '#platform';
import { writeFileAtomically } from '../files/index.js';
import { bind, resolveTap } from '../graph/index.js';
import { type OnnxModel, onnxModel } from '../graph/onnx/index.js';
import { optimise } from '../graph/passes/index.js';
import { networkGraph } from '../graph/stored/index.js';
import { checkTensor, type ModelConfig, type Tensor } from '../weights/index.js';

export interface OnnxFile {
  path: string;
  bytes: number;
  /** Names of the outputs: the embedding, then the scores. */
  outputs: readonly string[];
}

/** Name of the output if the embedding is the output of the whole network, which has an empty name. */
const WHOLE_NETWORK = 'logits';

/**
 * Batch norms are folded into the convolutions before them. All other tensors are unchanged, in float32.
 * @throws EngineError `ONNX_TOO_LARGE`, `TENSORS_DO_NOT_FIT`, `UNKNOWN_TAP`; WeightsError for values that are not
 *   finite
 */
export async function prepareOnnx(config: ModelConfig, tensors: ReadonlyMap<string, Tensor>): Promise<OnnxModel> {
  for (const [name, tensor] of tensors) {
    checkTensor(`${config.provenance.source}: tensor ${name}`, tensor);
    // Signals are heard between two tensors.
    await nextTurn();
  }
  const { classes, multiLabel, tap, preprocessing } = config;
  const graph = networkGraph(config);
  const node = resolveTap(graph, tap);
  const { size, mean, std } = preprocessing;
  return onnxModel(optimise(bind(graph, tensors), new Set([node, graph.output])), {
    taps: new Map([[tap === '' ? WHOLE_NETWORK : tap, node]]),
    scores: classes.length > 0,
    areSigmoids: multiLabel !== undefined,
    mean,
    std,
    size: size === null ? null : { height: size[0], width: size[1] },
    metadata: describe(config),
  });
}

/**
 * The file appears whole or not at all, or replaces one.
 * @param beside writes what belongs to it, after it is on the disk and before it has its name: a full disk leaves
 *   neither
 * @throws FileError if the file cannot be written; as `beside`
 */
export async function writeOnnx(path: string, model: OnnxModel, beside = async () => {}): Promise<OnnxFile> {
  await writeFileAtomically(path, async (file) => {
    for (const piece of model.pieces) await file.write(piece);
    await file.finish();
    await beside();
  });
  return { path, bytes: model.byteLength, outputs: model.outputs.map(({ name }) => name) };
}

/** Metadata of the file. It has no dates or paths, so the same checkpoint gives the same bytes. */
function describe({ backbone, classes, multiLabel, preprocessing, provenance, tap }: ModelConfig): Map<string, string> {
  return new Map([
    ['backbone', backbone],
    ['embedding', tap],
    ['classes', JSON.stringify(classes)],
    ...(multiLabel === undefined ? [] : [['thresholds', JSON.stringify(multiLabel.thresholds)] as const]),
    // The caller must resize and crop before the model runs. mean and std are part of the model.
    ['preprocessing', JSON.stringify(preprocessing)],
    ['source', provenance.source],
    ['source_sha256', provenance.sha256],
    ['converter', provenance.converter],
  ]);
}
