/** An ONNX file, an exported program or a model for TensorFlow.js as a network, run by the definitions of its operations in float64. */
import { openExported } from '../../convert/exported-program/read-exported.js';
import { openOnnx } from '../../convert/onnx/file/read-onnx.js';
import { type OnnxNetwork, type OnnxOptions, readNetwork } from '../../convert/onnx/read-network.js';
import { openTfjs } from '../../convert/tfjs-model/read-tfjs.js';
import { bind, resolveTap } from '../../graph/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { optimise } from '../../graph/passes/index.js';
import { runReference } from '../../graph/reference.js';
import { graphOf, storedGraph } from '../../graph/stored/index.js';

export async function networkOf(path: string, options: Partial<OnnxOptions> = {}): Promise<OnnxNetwork> {
  const file = await open(path);
  try {
    return await readNetwork(file, { isNormalised: true, ...options });
  } finally {
    await file.close();
  }
}

function open(path: string) {
  if (path.endsWith('.pt2')) return openExported(path);
  return path.endsWith('.json') ? openTfjs(path) : openOnnx(path);
}

/** The output of a layer, as `outputsOf`. */
export function outputOf(network: OnnxNetwork, images: Values, tap = ''): Values {
  return outputsOf(network, images, [tap])[0]!;
}

/** The outputs of layers, after the network has been through a weights folder's JSON and all passes. */
export function outputsOf({ graph, tensors }: OnnxNetwork, images: Values, taps: readonly string[]): Values[] {
  const stored = graphOf(JSON.parse(JSON.stringify(storedGraph(graph))));
  const nodes = taps.map((tap) => resolveTap(stored, tap));
  const outputs = runReference(optimise(bind(stored, tensors), new Set(nodes)), images);
  return nodes.map((node) => outputs.get(node)!);
}
