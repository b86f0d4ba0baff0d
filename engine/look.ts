/** What is looked at before a model runs: the plan of an engine that plans ahead, and the values of an ONNX file. */
import type { Weights } from '../weights/index.js';
import { engineOfFiles, loadBackend, planningEngine } from './backends/registry.js';
import { notForFiles } from './choice/open-runner.js';
import type { PlanPrecision } from './contract/backend.js';
import type {
  OnnxFileLimits,
  OnnxFileRequest,
  OnnxFileSession,
  PlanDescription,
} from './contract/engine-description.js';
import { prepareModel, usualSize } from './contract/prepared-model.js';
import { batchLimits, defaultBatchSize } from './running/batch-size.js';

export interface PlanOptions {
  /** Pixels. Left out: the size that the weights name, or 224×224. */
  height?: number | undefined;
  width?: number | undefined;
  /** Images at once. Left out: the number that `Embedder` uses on one thread. */
  batch?: number | undefined;
  /** Module paths. Left out: the layer that the weights name. The logits are always computed too. */
  tap?: string | readonly string[] | undefined;
  precision?: PlanPrecision | undefined;
}

/**
 * The plan of our kernels, by the rates measured here, or typical ones.
 * @throws GraphError `UNKNOWN_BACKBONE`, `UNKNOWN_TAP`, `IMAGE_TOO_SMALL`, …; EngineError `OUT_OF_MEMORY`
 */
export async function describePlan(weights: Weights, options: PlanOptions = {}): Promise<PlanDescription> {
  const engine = planningEngine();
  const usual = usualSize(weights.config);
  const { tap, precision = 'float32', height = usual.height, width = usual.width } = options;
  if (weights.file !== undefined) throw notForFiles(engine.name);
  const { model, tapNodes } = prepareModel(weights, { tap, scores: true });
  const limits = batchLimits(await loadBackend(engine.name), 'cpu', 1);
  const images = options.batch ?? defaultBatchSize(model.graph, { height, width }, limits);
  const { mean, std } = weights.config.preprocessing;
  const task = { images, height, width, taps: [...tapNodes.values()], mean, std, precision };
  return engine.describePlan(model, task);
}

/**
 * Runs an ONNX file as it is, in a process of its own, which ends if it takes too long or too much memory.
 * @throws EngineError `BACKEND_NOT_INSTALLED` without the engine's package; `BACKEND_FAILED` for a file that it does
 *   not take
 */
export function openOnnxFile(request: OnnxFileRequest, limits: OnnxFileLimits = {}): Promise<OnnxFileSession> {
  return engineOfFiles().openFile(request, limits);
}
