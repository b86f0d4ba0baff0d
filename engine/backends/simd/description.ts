/** Our own WebAssembly kernels: the fastest engine on a CPU that comes with image-drift. */
import type { GraphNode, Op } from '../../../graph/index.js';
import type { EngineDescription } from '../../contract/engine-description.js';
import { VIEW_OPERATIONS } from './compiling/view-operations.js';
import { isFormula } from './kernels/formulas/formulas.js';
import { PAIRED } from './kernels/pointwise/words.js';

/** Operations whose kernels compute several values at once, and those that compute nothing. */
const FAST_OPERATIONS: ReadonlySet<Op['op']> = new Set<Op['op']>([
  ...VIEW_OPERATIONS,
  'input',
  'conv2d',
  'linear',
  'batchNorm2d',
  'maxPool2d',
  'avgPool2d',
  'adaptiveAvgPool2d',
  'adaptiveMaxPool2d',
  'relu',
  'relu6',
  'add',
  'concat',
  'attention',
  'layerNorm',
  'groupNorm',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'reduce',
  'gather',
  'pad',
  'parameter',
  'constant',
]);

function isFast(node: GraphNode): boolean {
  if (node.op === 'pointwise') return isFormula(node.attrs.function) || PAIRED.has(node.attrs.function);
  return FAST_OPERATIONS.has(node.op);
}

export const simd = {
  name: 'simd',
  packages: [],
  howToInstall: null,
  parallelism: 'workers',
  hasDevices: false,
  auto: [{ on: 'any', rank: 40 }],
  substitute: 'wasm',
  isSlowFor: (graph) => !graph.nodes.every(isFast),
  async startEarly(precision) {
    const backend = await this.load();
    await backend.availability({ precision });
  },
  async expectWeights(bytes) {
    const { makeEarly } = await import('./memory/early-memory.js');
    return makeEarly(bytes);
  },
  async describePlan(model, task) {
    const { describePlan } = await import('./describe-plan.js');
    return describePlan(model, task);
  },
  load: async () => (await import('./backend.js')).simd,
} as const satisfies EngineDescription;
