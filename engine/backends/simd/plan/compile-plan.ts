/**
 * Compiles a layer graph for one image size and number of images: what to call with which parameters, where everything
 * lies. Runs nothing; says in `rows` what it chose.
 */
import { type BoundGraph, inferShapes } from '../../../../graph/index.js';
import type { Plan, PlanOutput, PlanRow, SharedMemory } from '../plan.js';
import { emitConvolution, emitFirstConvolution, readsRows } from './convolution.js';
import { type KernelRates, TYPICAL_RATES } from './cost.js';
import { Draft } from './draft.js';
import { emitAdd, emitConcat, emitPooling, emitScale } from './elementwise.js';
import type { Compilation, Emitted, Operands } from './emission.js';
import { InputImage, type RowsOfPixels } from './input.js';
import { lower, type Step } from './lower.js';
import { PackedWeights } from './packed-weights.js';
import { type Cut, chooseCut, type PartRule, USUAL_PARTS } from './parts.js';
import { floatsOf, makeValue, type Value } from './value.js';
import { Values } from './values.js';

export { type KernelRates, PackedWeights, TYPICAL_RATES };

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
  /** Without what trades error for speed: no F(4×4), no Strassen. */
  exact: boolean;
  /** How many will share the units of each call; left out: one. */
  threads?: number | undefined;
  /** Left out: `USUAL_PARTS`. */
  parts?: PartRule | undefined;
}

export interface PlanSurroundings {
  memory: SharedMemory;
  /** Of the same model, in the same memory. */
  weights: PackedWeights;
  rates: KernelRates;
}

/**
 * @throws EngineError `UNKNOWN_OPERATION` for what the kernels lack; `OUT_OF_MEMORY` when no memory could hold so many
 *   images; those of `inferShapes`
 */
export function compilePlan(model: BoundGraph, request: PlanRequest, into: PlanSurroundings): Plan {
  const { graph } = model;
  const { images, height, width, exact, threads = 1 } = request;
  const wanted = new Set(request.scores ? [...request.taps, graph.output] : request.taps);
  const shapes = inferShapes(graph, { height, width });
  const lowered = lower(graph, shapes, wanted);
  const draft = new Draft();
  const compilation: Compilation = { draft, weights: into.weights, rates: into.rates, images, exact, threads };

  const values = new Values(lowered, shapes, new InputImage(lowered.input, request), compilation);
  // Threads that share every call would have to meet once a step of each image.
  const cut = images > 1 && threads === 1 ? chooseCut(lowered, wanted, request.parts ?? USUAL_PARTS) : null;
  const alone = cut === null ? [] : compileAlone(lowered.steps.slice(0, cut.steps), cut.whole, values, compilation);
  const together = compileSteps(lowered.steps.slice(cut?.steps ?? 0), values, compilation);
  const kept = new Map([...wanted].map((node) => [node, values.of(lowered.sourceOf(node))]));
  const scores = request.scores ? compileSoftmax(graph.output, kept.get(graph.output)!, compilation) : null;

  const { calls, offsetOf, arenaBytes, address } = draft.layOut(into.memory, {
    written: [values.image.pixels],
    read: [...kept.values(), ...(scores === null ? [] : [scores])].map(({ buffer }) => buffer),
  });
  const outputOf = ({ buffer, map, channelStride }: Value, node: string): PlanOutput => {
    return { offset: offsetOf(buffer), shape: shapes.get(node)!, map, channelStride };
  };
  return {
    images,
    height,
    width,
    calls,
    rows: [...alone, ...values.image.rows, ...together],
    pixels: offsetOf(values.image.pixels),
    outputs: new Map([...kept].map(([node, value]) => [node, outputOf(value, node)])),
    scores: scores && outputOf(scores, graph.output),
    arenaBytes,
    scratchBytes: draft.scratchBytes,
    dispose: () => into.memory.free(address),
  };
}

function compileSteps(steps: readonly Step[], values: Values, compilation: Compilation): PlanRow[] {
  return steps.map((step) => compileStep(step, values, compilation));
}

/** All steps for one image, then for the next one. */
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

/** Null for a map of more than one position, which no scores come of. */
function compileSoftmax(node: string, logits: Value, { draft, images }: Compilation): Value | null {
  const [classes, height, width] = logits.map;
  if (height * width !== 1) return null;
  const scores = makeValue(logits.map, images);
  draft.nextStep();
  draft.call('softmax', node, images, {
    inputOffset: logits.buffer,
    inputStride: logits.channelStride,
    outputOffset: scores.buffer,
    outputStride: scores.channelStride,
    rows: images,
    classes,
  });
  return scores;
}

function compileStep(step: Step, values: Values, compilation: Compilation): PlanRow {
  const output = values.make(step.node);
  const operands: Operands = {
    node: step.node,
    output,
    residual: step.residual === null ? null : values.of(step.residual),
    clamp: step.clamp,
  };
  const reads = readInputs(step, values, operands, compilation);
  compilation.draft.nextStep();
  const before = compilation.draft.callCount;
  const emitted = emitStep(step, reads, operands, compilation);
  return {
    node: step.node,
    operation: step.operation,
    input: values.shapeOf(step.inputs[0]!),
    output: values.shapeOf(step.node),
    calls: compilation.draft.callCount - before,
    outputBytes: floatsOf(output, compilation.images) * 4,
    ...emitted,
  };
}

/** What a step reads besides its residual: activations, or the image laid out for it. */
type Reads = { rows: RowsOfPixels } | { values: readonly Value[] };

function readInputs(step: Step, values: Values, { output }: Operands, compilation: Compilation): Reads {
  const readsImage = step.kind === 'convolution' && values.isImage(step.inputs[0]!);
  if (readsImage && readsRows(step.filter)) {
    return { rows: values.image.asRows(step.filter, output.map[2], compilation) };
  }
  return { values: step.inputs.map((input) => values.of(input)) };
}

function emitStep(step: Step, reads: Reads, operands: Operands, compilation: Compilation): Emitted {
  if ('rows' in reads) {
    if (step.kind !== 'convolution') throw new Error(`${step.node}: only convolutions read rows of pixels.`);
    return emitFirstConvolution(step.filter, reads.rows, operands, compilation);
  }
  const [input] = reads.values as [Value];
  switch (step.kind) {
    case 'convolution':
      return emitConvolution(step.filter, input, operands, compilation);
    case 'scale':
      return emitScale(step, input, operands, compilation);
    case 'maxPool':
    case 'averagePool':
    case 'adaptiveAveragePool':
      return emitPooling(step, input, operands, compilation);
    case 'add':
      return emitAdd(reads.values, operands, compilation);
    case 'concat':
      return emitConcat(reads.values, operands, compilation);
  }
}
