/**
 * What `bench/page.ts` runs in a page: an engine is started once, and runs a batch as often as it is asked to. All get
 * the pixels of `bench/peers/inputs.ts`, and answer with the embeddings and scores of the last batch.
 */

/** @type {(batch: { rows: number, height: number, width: number, data: Uint8Array }, times: number) => Promise<number[][]>} */
let run;
let images;

export async function start(engine, task) {
  images = new Uint8Array(await (await fetch(task.images)).arrayBuffer());
  run = await ENGINES[engine](task);
}

function batchOf({ rows, height, width }) {
  return { rows, height, width, data: images.slice(0, rows * height * width * 3) };
}

/** @returns milliseconds since the page began to load, and the outputs for one image */
export async function first(engine, task) {
  await start(engine, task);
  const outputs = await run(batchOf({ ...task, rows: 1 }), 1);
  return { milliseconds: performance.now(), outputs };
}

export async function timed(task, times) {
  const batch = batchOf(task);
  const started = performance.now();
  const outputs = await run(batch, times);
  return { seconds: (performance.now() - started) / 1000, outputs };
}

const ENGINES = {
  async 'image-drift'({ weights, tap, rows, threads }) {
    const { openWeights } = await import('../../dist/page/browser.js');
    const given = weights.map(async (path) => [path, await (await fetch(path)).blob()]);
    const embedder = await openWeights(Object.fromEntries(await Promise.all(given)), { tap, batch: rows, threads });
    return async (batch, times) => {
      let last;
      for await (const outputs of embedder.run(Array.from({ length: times }, () => batch))) last = outputs;
      return [[...last.taps.get(tap).data], [...last.scores]];
    };
  },

  async 'onnxruntime-web'({ onnx, tap, threads }) {
    const { env, InferenceSession, Tensor } = await import('onnxruntime-web/wasm');
    Object.assign(env.wasm, { numThreads: threads, wasmPaths: new URL('/onnxruntime/', location.href).href });
    const session = await InferenceSession.create(onnx, {
      executionProviders: ['wasm'],
      graphOptimizationLevel: 'all',
    });
    return repeated((feeds) => session.run(feeds), Tensor, tap);
  },

  async 'transformers.js'({ tap, threads }) {
    const { AutoModel, env, Tensor } = await import('@huggingface/transformers');
    Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, useBrowserCache: false });
    env.localModelPath = '/';
    const wasmPaths = new URL('/transformers/', location.href).href;
    Object.assign(env.backends.onnx.wasm, { numThreads: threads, wasmPaths });
    const model = await AutoModel.from_pretrained('model', { dtype: 'fp32', device: 'wasm' });
    return repeated(model, Tensor, tap);
  },
};

function repeated(once, Tensor, tap) {
  return async ({ rows, height, width, data }, times) => {
    let outputs;
    for (let i = 0; i < times; i++) {
      outputs = await once({ pixels: new Tensor('uint8', data, [rows, height, width, 3]) });
    }
    return [[...outputs[tap].data], [...outputs.scores.data]];
  };
}
