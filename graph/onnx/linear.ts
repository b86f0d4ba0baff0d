/** `nn.Linear` in ONNX: Gemm for features, MatMul for values of more dimensions, which Gemm does not take. */
import type { ComputedNode } from '../graph.js';
import type { OnnxNode } from './proto.js';

/** The last node gives the output, before any activation. */
export function linear({ name, inputs, attrs }: Extract<ComputedNode, { op: 'linear' }>, rank: number): OnnxNode[] {
  const [weight, bias] = [`${name}.weight`, `${name}.bias`];
  if (rank === 2) {
    const operands = [...inputs, weight, ...(attrs.bias ? [bias] : [])];
    return [{ op: 'Gemm', inputs: operands, output: name, attributes: { transB: 1 } }];
  }
  const [transposed, product] = [`${name}/transposed`, attrs.bias ? `${name}/product` : name];
  return [
    // A runtime computes this once, since the weight is a constant.
    { op: 'Transpose', inputs: [weight], output: transposed, attributes: { perm: [1, 0] } },
    { op: 'MatMul', inputs: [inputs[0]!, transposed], output: product },
    ...(attrs.bias ? [{ op: 'Add', inputs: [product, bias], output: name }] : []),
  ];
}
