/** Reductions of axes. */
import { intAttribute } from '../file/onnx-model.js';
import { axesOf } from '../folding/fold.js';
import { type Application, computed, type GraphBuilder, type Operator, optionalConstant } from './graph-builder.js';
import { withoutAxes } from './layout.js';
import { type ComputedValue, graphAxis, isMap, NotSupported, positiveAxis, rankOf } from './value.js';

type Reduction = 'mean' | 'sum' | 'max' | 'min' | 'prod' | 'l1' | 'l2';

export function reduce(reduction: Reduction): Operator {
  return (application) => {
    const { graph, name } = application;
    const x = computed(application, 0);
    const { asked, keepDims } = reduced(application, x);
    // The mean over height and width is a global pooling, which engines are made for.
    if (reduction === 'mean' && isMap(x) && [...asked].sort().join() === '2,3') {
      const attrs = { output: [1, 1] } as const;
      const pooled = graph.add(keepDims ? name : `${name}:pooled`, { op: 'adaptiveAvgPool2d', attrs }, [x]);
      return keepDims ? pooled : graph.add(name, { op: 'flatten' }, [pooled]);
    }
    return along(graph, x, reduction, asked, keepDims, name);
  };
}

/** `Σx²`. */
export const reduceSumSquare: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const squares = graph.add(`${name}:squares`, { op: 'mul' }, [x, x]);
  return along(graph, squares, 'sum', asked, keepDims, name);
};

/** `log Σx`. */
export const reduceLogSum: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const sums = along(graph, x, 'sum', asked, keepDims, `${name}:sums`);
  return graph.add(name, { op: 'pointwise', attrs: { function: 'log' } }, [sums]);
};

/** `m + log Σ exp(x − m)`, where `m` is the largest value, so that nothing overflows. */
export const reduceLogSumExp: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const { asked, keepDims } = reduced(application, x);
  const largest = along(graph, x, 'max', asked, true, `${name}:largest`);
  const below = graph.add(`${name}:below`, { op: 'sub' }, [x, largest]);
  const powers = graph.add(`${name}:powers`, { op: 'pointwise', attrs: { function: 'exp' } }, [below]);
  const sums = along(graph, powers, 'sum', asked, keepDims, `${name}:sums`);
  const logarithms = graph.add(`${name}:log`, { op: 'pointwise', attrs: { function: 'log' } }, [sums]);
  const kept = keepDims ? largest : along(graph, x, 'max', asked, false, `${name}:dropped`);
  return graph.add(name, { op: 'add', attrs: {} }, [logarithms, kept]);
};

function reduced(application: Application, x: ComputedValue): { asked: number[]; keepDims: boolean } {
  const { node } = application;
  const asked = axesOf(node, optionalConstant(application, 1))?.map((axis) => positiveAxis(axis, rankOf(x)));
  if (asked === undefined) throw new NotSupported('it reduces all axes, that of the batch among them');
  return { asked, keepDims: intAttribute(node, 'keepdims', 1) === 1 };
}

/** @param asked axes of ONNX */
function along(
  graph: GraphBuilder,
  x: ComputedValue,
  reduction: Reduction,
  asked: readonly number[],
  keepDims: boolean,
  name: string,
): ComputedValue {
  const axes = asked.map((axis) => graphAxis(axis, x)).sort((a, b) => a - b);
  const layout = keepDims ? x : withoutAxes(x, asked);
  return graph.add(name, { op: 'reduce', attrs: { function: reduction, axes, keepDims } }, [x], {}, layout);
}
