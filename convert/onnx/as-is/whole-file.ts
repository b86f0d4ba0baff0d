/** An ONNX file with all its values inside, as a runtime takes it that is given bytes. */
import { withValues } from '../../../graph/onnx/index.js';
import { ConvertError } from '../../convert-error.js';
import type { OnnxGraph } from '../file/onnx-model.js';
import type { OnnxFileContent } from '../file/read-onnx.js';

/**
 * @throws ConvertError `ONNX_EXTERNAL_DATA` for data that are not where the file says, or that a subgraph has beside the file;
 *   GraphError `ONNX_TOO_LARGE`
 */
export async function wholeFile({
  model,
  bytes,
  external,
}: OnnxFileContent & { bytes: Uint8Array }): Promise<Uint8Array> {
  if (hasExternalInside(model.graph)) {
    throw new ConvertError(
      'ONNX_EXTERNAL_DATA',
      `${model.label}: a tensor inside a node lies in a file beside it, which is not read for files that run as they are`,
    );
  }
  const values = new Map<string, Uint8Array>();
  for (const tensor of model.graph.initialisers.values()) {
    if (tensor.external !== null) values.set(tensor.name, await external(tensor));
  }
  return values.size === 0 ? bytes : withValues(bytes, (name) => values.get(name) ?? null);
}

/** Whether a tensor in an attribute, or in a subgraph, lies in another file. A runtime would look for it anywhere. */
function hasExternalInside({ nodes }: OnnxGraph): boolean {
  return nodes.some(({ attributes }) =>
    [...attributes.values()].some((attribute) => {
      if (attribute.type === 'tensor') return attribute.value.external !== null;
      if (attribute.type !== 'graph') return false;
      const { initialisers } = attribute.value;
      return [...initialisers.values()].some(({ external }) => external !== null) || hasExternalInside(attribute.value);
    }),
  );
}
