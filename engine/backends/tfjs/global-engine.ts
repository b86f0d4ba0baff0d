/** TensorFlow.js has one engine a thread with one active backend, so whatever uses tensors takes turns. */

import type * as core from '@tensorflow/tfjs-core';
import { findOptionalPackage, loadOptionalPackage } from '#platform';
import { EngineError } from '../../contract/engine-error.js';
import { CORE } from '../packages.js';

/** It comes with the optional packages, so it is looked for where they are. */
export const tf = await loadCore();

export declare namespace tf {
  type Tensor<R extends core.Rank = core.Rank> = core.Tensor<R>;
  type Tensor2D = core.Tensor2D;
  type Tensor3D = core.Tensor3D;
  type Tensor4D = core.Tensor4D;
}

// Stops the cpu backend from printing a greeting on stderr.
tf.enableProdMode();

async function loadCore(): Promise<typeof core> {
  const found = findOptionalPackage(CORE);
  if (found !== null) return loadOptionalPackage(found);
  throw new EngineError('BACKEND_NOT_INSTALLED', `npm's ${CORE} is not installed`, {
    hint: `npm install ${CORE}@4.22.0`,
  });
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** Runs `task` after all earlier ones have ended. */
export function takeTurn<T>(task: () => T | Promise<T>): Promise<T> {
  const turn = lastTurn.then(task);
  lastTurn = turn.catch(() => {});
  return turn;
}

/** Runs `task` after all earlier ones have ended, with `backend` active. */
export function withBackend<T>(backend: string, task: () => T | Promise<T>): Promise<T> {
  return takeTurn(async () => {
    await activate(backend);
    return task();
  });
}

async function activate(backend: string): Promise<void> {
  if (tf.getBackend() === backend) return;
  const started = await tf.setBackend(backend);
  if (!started) throw new EngineError('BACKEND_FAILED', `backend ${backend}: could not be started`);
}
