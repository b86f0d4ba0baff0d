/**
 * Convolutions and poolings over three axes, `[N, C, D, H, W]`, by those over height and width. Poolings are separable: a
 * mean of means whose divisors are products, a maximum of maxima.
 */
import { intsAttribute } from '../file/attributes.js';
import type { OnnxAttribute, OnnxNode } from '../file/onnx-model.js';
import { inShape } from './layout.js';
import { overOneAxis } from './one-axis.js';
import type { Application, Operator } from './operator.js';
import type { ComputedValue, Value } from './value.js';
import { axisWindows } from './windows.js';

const LAYOUT = { batch: 0, merged: false } as const;
/** Attributes that have a number for each axis. */
const PER_AXIS: readonly string[] = ['kernel_shape', 'strides', 'dilations', 'pads'];

/** A pooling over one, two or three axes. */
export function pooling(operator: Operator): Operator {
  return overAxes(operator, (application) => {
    const { graph, name, node } = application;
    const x = volume(application);
    const [channels = 1, depth = 1, height = 1, width = 1] = x.shape;
    // What does not fit all three axes is told, not the part that one of the two poolings would see.
    axisWindows(node, [depth, height, width], intsAttribute(node, 'kernel_shape') ?? []);
    const planes = inShape(graph, x, [channels * depth, height, width], LAYOUT, `${name}:planes`);
    const inPlanes = applied(application, operator, planes, forAxes(node, [1, 2]), `${name}:in planes`);
    const [, rows = 1, columns = 1] = inPlanes.shape;
    const stacks = inShape(graph, inPlanes, [channels, depth, rows * columns], LAYOUT, `${name}:stacks`);
    const inDepth = applied(application, operator, stacks, forAxes(node, [0, null]), `${name}:in depth`);
    return inShape(graph, inDepth, [channels, inDepth.shape[1]!, rows, columns], LAYOUT, name);
  });
}

/** A pooling of everything that lies behind the channels, however many axes it has. */
export function globally(operator: Operator): Operator {
  return overAxes(operator, (application) => {
    const { graph, name, node } = application;
    const x = volume(application);
    const [channels = 1, depth = 1, height = 1, width = 1] = x.shape;
    const plane = inShape(graph, x, [channels, depth * height, width], LAYOUT, `${name}:plane`);
    return inShape(
      graph,
      applied(application, operator, plane, node, `${name}:pooled`),
      [channels, 1, 1, 1],
      LAYOUT,
      name,
    );
  });
}

/** @param inVolume the operator over three axes */
export function overAxes(operator: Operator, inVolume: Operator): Operator {
  const overFewer = overOneAxis(operator);
  return (application) => (isVolume(application.inputs[0]) ? inVolume(application) : overFewer(application));
}

function isVolume(x: Value | null | undefined): boolean {
  return x?.kind === 'computed' && x.batch === 0 && !x.merged && x.shape.length === 4;
}

/** The first input, `[C, D, H, W]` for each image. */
export function volume({ inputs }: Application): ComputedValue {
  return inputs[0] as ComputedValue;
}

function applied(
  application: Application,
  operator: Operator,
  x: ComputedValue,
  node: OnnxNode,
  name: string,
): ComputedValue {
  return operator({ ...application, node, inputs: [x], name }) as ComputedValue;
}

/** The same node for some of its axes; null stands for one along which nothing happens. */
function forAxes(node: OnnxNode, axes: readonly (number | null)[]): OnnxNode {
  const attributes = [...node.attributes].map(([name, attribute]): [string, OnnxAttribute] => {
    if (attribute.type !== 'ints' || !PER_AXIS.includes(name) || attribute.value.length === 0) return [name, attribute];
    const { value } = attribute;
    const of = (start: number, none: number) =>
      axes.map((axis) => (axis === null ? none : (value[start + axis] ?? none)));
    return [name, { type: 'ints', value: name === 'pads' ? [...of(0, 0), ...of(value.length / 2, 0)] : of(0, 1) }];
  });
  return { ...node, attributes: new Map(attributes) };
}
