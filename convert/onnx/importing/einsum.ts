/**
 * Einstein sums: of two values that are products of matrices (`bhid, bhjd -> bhij`, `bnc, mc -> bnm`), and of one whose axes are
 * summed and moved (`bij -> bj`).
 */
import { stringAttribute } from '../file/attributes.js';
import { transposed, withoutAxes } from './layout.js';
import { linear, turned } from './matrix.js';
import { NotSupported } from './not-supported.js';
import { type Application, computed, type Operator } from './operator.js';
import { type ComputedValue, graphAxis, rankOf } from './value.js';

export const einsum: Operator = (application) => {
  const { node, graph, name } = application;
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const single = /^([a-zA-Z]+)->([a-zA-Z]*)$/.exec(equation);
  if (single !== null) return ofOne(application, equation, [...single[1]!], [...single[2]!]);
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation);
  if (match === null) throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  const [a, b, output] = match.slice(1).map((labels) => [...labels]) as [string[], string[], string[]];
  const shared = output.filter((label) => a.includes(label) && b.includes(label));
  const only = (labels: string[], other: string[]) => labels.filter((label) => !other.includes(label));
  const summed = a.filter((label) => b.includes(label) && !output.includes(label));
  const [rows, columns] = [only(a, b), only(b, a)];
  const matrix = application.inputs[1];
  const isLinear = a.at(-1) === summed[0] && output.join() === [...a.slice(0, -1), ...columns].join();
  if (matrix?.kind === 'constant' && b.length === 2 && columns.length === 1 && isLinear) {
    return linear(application, b[0] === columns[0] ? matrix.constant : turned(matrix.constant), null);
  }
  const isProduct = [rows, columns, summed].every(({ length }) => length === 1);
  const isWhole = new Set(output).size === output.length && output.length === shared.length + 2;
  if (!isProduct || !isWhole) throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  const left = inOrder(application, 0, a, [...shared, ...rows, ...summed]);
  const right = inOrder(application, 1, b, [...shared, ...summed, ...columns]);
  if (left.batch !== right.batch || left.merged !== right.merged || left.batch >= shared.length) {
    throw new NotSupported('its inputs have the batch in different axes');
  }
  const product = graph.add(`${name}:product`, { op: 'matmul' }, [left, right]);
  const made = [...shared, ...rows, ...columns];
  return transposed(
    graph,
    product,
    output.map((label) => made.indexOf(label)),
    name,
  );
};

function ofOne(application: Application, equation: string, labels: string[], output: string[]): ComputedValue {
  const { graph, name } = application;
  const isPlain = new Set(labels).size === labels.length && new Set(output).size === output.length;
  if (
    !isPlain ||
    !output.every((label) => labels.includes(label)) ||
    labels.length !== rankOf(computed(application, 0))
  ) {
    throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  }
  const summed = labels.filter((label) => !output.includes(label));
  const moved = inOrder(application, 0, labels, [...output, ...summed]);
  if (summed.length === 0) return moved;
  const places = summed.map((_, i) => output.length + i);
  const axes = places.map((axis) => graphAxis(axis, moved));
  const attrs = { function: 'sum', axes, keepDims: false } as const;
  return graph.add(name, { op: 'reduce', attrs }, [moved], {}, withoutAxes(moved, places));
}

function inOrder(application: Application, input: number, labels: string[], order: string[]): ComputedValue {
  const { graph, name } = application;
  const perm = order.map((label) => labels.indexOf(label));
  return transposed(graph, computed(application, input), perm, `${name}:factor ${input + 1}`);
}
