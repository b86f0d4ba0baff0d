/**
 * transformers.js's `AutoModel`, installed only in `bench/`, on onnxruntime-node's file. It gets the pixels as a
 * tensor, without its image processor, so that the networks are compared.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ONNX_INPUT, ONNX_SCORES } from '../../graph/onnx/index.js';
import { exportedOnnx, imagesOf } from './inputs.js';
import { engineTask, repeated, serve } from './protocol.js';
import { loadTransformers } from './transformers-package.js';

const task = engineTask();
const folder = await mkdtemp(join(dirname(task.output), 'transformers-'));
await mkdir(join(folder, 'onnx'));
await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'resnet', architectures: ['ResNetModel'] }));
await writeFile(join(folder, 'onnx', 'model.onnx'), await exportedOnnx(task));
const session_options = { intraOpNumThreads: task.threads, interOpNumThreads: 1 };
const { env, model, Tensor } = await loadTransformers(folder, { session_options });
await rm(folder, { recursive: true });

const run = repeated(async ({ rows, height, width, data }) => {
  const outputs = await model({ [ONNX_INPUT]: new Tensor('uint8', data, [rows, height, width, 3]) });
  return { embeddings: outputs[task.tap]!.data, scores: outputs[ONNX_SCORES]!.data };
});

await serve({ version: env.version, run }, imagesOf(task), task);
