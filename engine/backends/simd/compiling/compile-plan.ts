/** Compiles a layer graph for one image size and number of images: calls, parameters, places. It runs nothing. */
import { type BoundGraph, type ImageShape, inferShapes } from '../../../../graph/index.js';
import type { PlanPrecision } from '../../../contract/backend.js';
import type { PlanRow } from '../../../contract/engine-description.js';
import type { SharedMemory } from '../kernel-memory.js';
import { emitSoftmax, InputImage } from '../kernels/ends/plan.js';
import { KERNELS } from '../kernels/registry.js';
import { macsOf, readsRows } from '../planning/axis.js';
import { Draft, floatsOf, rowStrides, type Value } from '../planning/draft.js';
import type { PackedWeights } from '../planning/packed-weights.js';
import type {
  BufferStep,
  Compilation,
  Layer,
  Operand,
  Operands,
  Plan,
  PlanOutput,
  Reads,
  Step,
  ViewStep,
  Way,
} from '../planning/step.js';
import { type KernelRates, PLAN_RATES, predictSeconds } from '../planning/step.js';
import { stridedAt, stridedIn } from '../planning/strided.js';
import { freshView, type View } from '../planning/view.js';
import { lower } from './lower.js';
import { type Cut, chooseCut, nestJoins, type PartRule, USUAL_PARTS, Values } from './values.js';

export interface PlanRequest {
  images: number;
  /** Pixels. */
  height: number;
  width: number;
  /** Nodes whose outputs are wanted. */
  taps: readonly string[];
  /** Whether the graph's output is wanted too. */
  scores: boolean;
  /** Per channel, in units of pixel/255. */
  mean: readonly number[];
  std: readonly number[];
  /** `exact`: neither F(4×4) nor Strassen's products. */
  precision: PlanPrecision;
  /** How many threads will share the units of each call; left out: one. */
  threads?: number | undefined;
  /** Left out: `USUAL_PARTS`. */
  parts?: PartRule | undefined;
}

export interface PlanSurroundings {
  memory: SharedMemory;
  /** Weights of the same model, in the same memory. */
  weights: PackedWeights;
  /** Left out: `PLAN_RATES`. The trial and tests pass others, so that plans take one way or the other. */
  rates?: KernelRates | undefined;
}

/**
 * @throws EngineError `UNKNOWN_OPERATION` for an operation that the kernels lack; `OUT_OF_MEMORY` when no memory could
 *   hold so many images; the errors of `inferShapes`
 */
export function compilePlan(model: BoundGraph, request: PlanRequest, into: PlanSurroundings): Plan {
  const { graph } = model;
  const { images, height, width, precision, threads = 1 } = request;
  const wanted = new Set(request.scores ? [...request.taps, graph.output] : request.taps);
  const shapes = inferShapes(graph, { height, width });
  const lowered = lower(graph, shapes, wanted, request.scores ? graph.output : null);
  const draft = new Draft();
  const { weights, rates = PLAN_RATES } = into;
  const compilation: Compilation = { draft, weights, rates, images, precision, threads };

  // Threads that share every call would have to wait for each other at every step of each image.
  const cut = images > 1 && threads === 1 ? chooseCut(lowered, wanted, request.parts ?? USUAL_PARTS) : null;
  const sources = new Set([...wanted].map((node) => lowered.sourceOf(node)));
  const { steps, widest } = nestJoins(lowered, cut?.steps ?? 0, sources);
  const values = new Values(lowered, widest, new InputImage(lowered.input, request), compilation);
  const alone = cut === null ? [] : compileAlone(steps.slice(0, cut.steps), cut.whole, values, compilation);
  const together = compileSteps(steps.slice(cut?.steps ?? 0), values, compilation);
  const kept = new Map([...wanted].map((node) => [node, values.of(lowered.sourceOf(node))]));
  const { logits } = lowered;
  const scores = logits === null ? null : emitSoftmax(graph.output, values.of(logits), compilation);

  const { calls, offsetOf, arenaBytes, address } = draft.layOut(into.memory, {
    written: [values.image.pixels],
    read: [...kept.values(), ...(scores === null ? [] : [scores])].map(({ buffer }) => buffer),
  });
  const outputOf = (node: string, value: Value, view: View): PlanOutput => {
    return { shape: shapes.get(node)!, ...outputPlace(view, value, offsetOf(value.buffer)) };
  };
  return {
    images,
    height,
    width,
    calls,
    rows: [...alone, ...values.image.rows, ...together],
    pixels: offsetOf(values.image.pixels),
    outputs: new Map([...kept].map(([node, value]) => [node, outputOf(node, value, lowered.viewOf(node))])),
    scores: scores && outputOf(graph.output, scores, freshView('', [scores.map[0]], new Set([0]))),
    arenaBytes,
    scratchBytes: draft.scratchBytes,
    dispose: () => into.memory.free(address),
  };
}

function compileSteps(steps: readonly Step[], values: Values, compilation: Compilation): PlanRow[] {
  return steps.map((step) => compileStep(step, values, compilation));
}

/** Compiles all steps for one image, then for the next one. */
function compileAlone(
  steps: readonly Step[],
  whole: Cut['whole'],
  values: Values,
  compilation: Compilation,
): PlanRow[] {
  const { draft, images } = compilation;
  const { own, bytesPerImage } = values.ofFirstImage(whole);
  const rows = compileSteps(steps, own, { ...compilation, images: 1 });
  draft.repeatForEach(images, bytesPerImage);
  return [...own.image.rows, ...rows].map((row) => {
    return { ...row, calls: images * row.calls, outputBytes: images * row.outputBytes };
  });
}

function compileStep(step: Step, values: Values, compilation: Compilation): PlanRow {
  const output = values.make(step.node);
  const residual = step.residual === null ? null : values.of(step.residual);
  const operands: Operands = { node: step.node, output, residual, clamp: step.clamp };
  const read = step.operands === undefined ? readInputs : readViews;
  const reads = read(step as never, values, operands, compilation);
  compilation.draft.nextStep();
  const before = compilation.draft.callCount;
  const emitted = chooseWay({ step, reads, operands }, compilation).emit();
  const [source = step.node] = step.inputs;
  const input = values.shapeOf(source);
  return {
    node: step.node,
    operation: step.operation,
    input,
    output: values.shapeOf(step.node),
    calls: compilation.draft.callCount - before,
    macsWritten: macsWritten(step, input, output) ?? emitted.macsDone,
    outputBytes: floatsOf(output, compilation.images) * 4,
    isSlow: false,
    ...emitted,
  };
}

function readInputs(step: BufferStep, values: Values, { output }: Operands, compilation: Compilation): Reads {
  const readsImage = step.kind === 'convolution' && values.isImage(step.inputs[0]!);
  if (readsImage && readsRows(step.filter)) {
    return { rows: values.image.asRows(step.filter, output.map[2], compilation) };
  }
  const [first, ...others] = step.inputs.map((input) => values.of(input));
  return { values: [first!, ...others] };
}

function readViews(step: ViewStep, values: Values, { output }: Operands, compilation: Compilation): Reads {
  const { images, weights } = compilation;
  const place = ({ view, fixed }: Operand) => {
    if (fixed === null) return stridedIn(view, values.of(view.source), images);
    const tensor = (name: string) => weights.tensor(fixed.node, name);
    const address = weights.place(fixed.node, fixed.packing, fixed.floats, (into) => {
      into.fill(0);
      fixed.fill(into, tensor);
    });
    return stridedAt(view, address, images);
  };
  return { operands: step.operands.map(place), outputs: step.outputs.map((view) => stridedIn(view, output, images)) };
}

/** Multiplications an image, counted from the layer as written; null for what only its kernel counts. */
function macsWritten(step: Step, input: ImageShape, output: Value): number | null {
  if (step.kind === 'convolution') return macsOf(step.filter, output);
  return step.kind === 'scale' ? input.reduce((product, side) => product * side, 1) : null;
}

function outputPlace({ offset, axes }: View, value: Value, address: number): Omit<PlanOutput, 'shape'> {
  const { x, image } = rowStrides(value);
  return {
    offset: address + offset.lanes * 4 + offset.positions * x,
    axes: axes.flat().map(({ size, lanes, positions }) => ({ size, step: lanes * 4 + positions * x })),
    imageStep: image,
  };
}

/** The first folder that can compute the step has the plain way; the last one that costs less replaces it. */
function chooseWay(layer: Layer, compilation: Compilation): Way {
  const offers = KERNELS.map(({ ways }) => ways?.(layer, compilation) ?? []).filter(({ length }) => length > 0);
  const [plain] = offers.shift() ?? [];
  if (plain === undefined) throw new Error(`No kernel computes ${layer.operands.node} (${layer.step.kind}).`);
  if (offers.length === 0) return plain;
  const costOf = (way: Way) => ({ way, seconds: predictSeconds(way.work(), compilation.rates) });
  const { seconds } = costOf(plain);
  for (const ways of offers.reverse()) {
    const best = ways.map(costOf).reduce((least, one) => (one.seconds < least.seconds ? one : least));
    if (best.seconds < seconds) return best.way;
  }
  return plain;
}
