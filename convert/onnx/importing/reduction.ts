/** Reductions of axes. */
import { intAttribute } from '../file/attributes.js';
import { axesOf } from '../folding/fold.js';
import { withoutAxes } from './layout.js';
import { NotSupported } from './not-supported.js';
import { computed, type Operator, optionalConstant } from './operator.js';
import { graphAxis, isMap, positiveAxis, rankOf } from './value.js';

type Reduction = 'mean' | 'sum' | 'max' | 'min' | 'prod' | 'l1' | 'l2';

export function reduce(reduction: Reduction): Operator {
  return (application) => {
    const { node, graph, name } = application;
    const x = computed(application, 0);
    const asked = axesOf(node, optionalConstant(application, 1))?.map((axis) => positiveAxis(axis, rankOf(x)));
    if (asked === undefined) throw new NotSupported('it reduces all axes, that of the batch among them');
    const keepDims = intAttribute(node, 'keepdims', 1) === 1;
    // The mean over height and width is a global pooling, which engines are made for.
    if (reduction === 'mean' && isMap(x) && [...asked].sort().join() === '2,3') {
      const attrs = { output: [1, 1] } as const;
      const pooled = graph.add(keepDims ? name : `${name}:pooled`, { op: 'adaptiveAvgPool2d', attrs }, [x]);
      return keepDims ? pooled : graph.add(name, { op: 'flatten' }, [pooled]);
    }
    const axes = asked.map((axis) => graphAxis(axis, x)).sort((a, b) => a - b);
    const layout = keepDims ? x : withoutAxes(x, asked);
    return graph.add(name, { op: 'reduce', attrs: { function: reduction, axes, keepDims } }, [x], {}, layout);
  };
}
