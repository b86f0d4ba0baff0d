/** Whole networks in float64 beside PyTorch, at odd sizes: every module's output, before and after the passes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph } from '../../graph/backbones/index.js';
import { type BoundGraph, bind, resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { formulaImage, formulaTensors } from '../support/formula-tensors.js';
import { evaluate, type Values } from '../support/plain-convolution.js';
import { relativeError } from '../support/relative-error.js';
import { assert, fixtures, longTest, test } from '../support/test.js';

interface Network {
  backbone: string;
  head: number[];
  classes: number;
  height: number;
  width: number;
  /** `float32`: relative error of PyTorch's own float32 run. */
  modules: Record<string, { max: number; sum: number; samples: number[]; float32: number }>;
}

const { networks }: { networks: Network[] } = JSON.parse(
  readFileSync(join(fixtures, 'engine', 'networks.json'), 'utf8'),
);

/** `taps` of the optimised networks: in the middle, where nodes fuse, and at the end. `operations`: the nodes left. */
const optimisedNetworks: Record<string, { taps: string[]; operations: Record<string, number> }> = JSON.parse(
  readFileSync(join(fixtures, 'engine', 'optimised.json'), 'utf8'),
);

/** The networks with most computation. */
const LARGE = ['resnext50_32x4d', 'vgg11_bn'];

for (const { backbone, head, classes, height, width, modules } of networks) {
  const graph = buildGraph({ backbone, head, classes });
  const image = formulaImage(3, height, width);
  let bound: BoundGraph;
  let outputs: Map<string, Values>;
  const check = LARGE.includes(backbone) ? longTest : test;

  check(`${backbone}: every module gives what PyTorch's gives`, () => {
    bound = bind(graph, formulaTensors(graph));
    outputs = evaluate(bound, image);
    for (const [path, { max, sum, samples }] of Object.entries(modules)) {
      const { data } = outputs.get(resolveTap(graph, path))!;
      const found = samples.map((_, k) => data[Math.floor((k * data.length) / samples.length)]!);
      const largest = data.reduce((a, v) => Math.max(a, Math.abs(v)), 0);
      const total = data.reduce((a, v) => a + v, 0);
      assert.ok(relativeError([largest, ...found], [max, ...samples]) < 1e-11, path);
      assert.ok(Math.abs(total - sum) <= 1e-11 * max * data.length, path);
    }
  });

  check(`${backbone}: optimised, the taps are nearer to float64 than PyTorch's float32 is`, () => {
    const taps = new Map(
      optimisedNetworks[backbone]!.taps.map((path) => [resolveTap(graph, path), modules[path]!.float32]),
    );
    const optimised = optimise(bound, new Set(taps.keys()));
    const after = evaluate(optimised, image);
    for (const [name, float32] of taps) {
      const error = relativeError(after.get(name)!.data, outputs.get(name)!.data);
      assert.ok(error < float32, `${name}: ${error}, PyTorch ${float32}`);
    }
  });

  check(`${backbone}: optimised for its logits, only the operations that matter are left`, () => {
    const { graph: optimised, tensors } = optimise(bound, new Set([graph.output]));
    const counts: Record<string, number> = {};
    for (const { op } of optimised.nodes) counts[op] = (counts[op] ?? 0) + 1;
    assert.equal(counts, optimisedNetworks[backbone]!.operations);
    assert.is(optimised.output, graph.output);
    bind(optimised, tensors);
  });
}
