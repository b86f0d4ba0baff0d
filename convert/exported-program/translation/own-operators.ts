/** Operations of ATen that ONNX has no operator for, as nodes of the graph. */
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { intsAttribute } from '../../onnx/file/attributes.js';
import { pointwiseNamed } from '../../onnx/importing/activation.js';
import { map } from '../../onnx/importing/convolution.js';
import { linear } from '../../onnx/importing/matrix.js';
import { NotSupported } from '../../onnx/importing/not-supported.js';
import { constant, type Operator, optionalConstant } from '../../onnx/importing/operator.js';

const adaptiveAveragePool: Operator = (application) => {
  const { graph, name, node } = application;
  return graph.add(name, { op: 'adaptiveAvgPool2d', attrs: { output: outputOf(node) } }, [map(application)]);
};

const adaptiveMaxPool: Operator = (application) => {
  const { graph, name, node } = application;
  return graph.add(name, { op: 'adaptiveMaxPool2d', attrs: { output: outputOf(node) } }, [map(application)]);
};

function outputOf(node: Parameters<typeof intsAttribute>[0]): [number, number] {
  const [height = 0, width = 0] = intsAttribute(node, 'output') ?? [];
  if (height < 1 || width < 1) throw new NotSupported(`its output is of ${height}×${width}`);
  return [height, width];
}

const product: Operator = (application) => {
  const weight = constant(application, 1);
  if (weight.dims.length !== 2) throw new NotSupported(`its matrix has the shape [${weight.dims.join(', ')}]`);
  return linear(application, weight, optionalConstant(application, 2));
};

/** By domain and name. */
export const OWN_OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['aten.adaptive_avg_pool2d', adaptiveAveragePool],
  ['aten.adaptive_max_pool2d', adaptiveMaxPool],
  ['aten.linear', product],
  ...POINTWISE_FUNCTIONS.map((name): [string, Operator] => [
    `aten.${name}`,
    pointwiseNamed(name, POINTWISE[name].defaults),
  ]),
]);
