/**
 * TensorFlow.js has one engine a thread, with one active backend on which all operations run. So everything here that
 * uses tensors takes turns, and sets the backend that it needs when its turn comes.
 */
import tf = require('@tensorflow/tfjs-core');

import { EngineError } from '../../contract/engine-error.js';

// Stops the cpu backend from printing a greeting on stderr.
tf.enableProdMode();

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
  const listeners = listProcessListeners();
  try {
    const started = await tf.setBackend(backend);
    if (!started) throw new EngineError('BACKEND_FAILED', `backend ${backend}: could not be started`);
  } finally {
    removeAdded(listeners);
  }
}

const PROCESS_EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

function listProcessListeners(): Map<string, readonly unknown[]> {
  return new Map(PROCESS_EVENTS.map((event) => [event, process.rawListeners(event)]));
}

/** Emscripten's start-up code adds listeners that rethrow errors, which would change how the whole program dies. */
function removeAdded(before: ReadonlyMap<string, readonly unknown[]>): void {
  for (const event of PROCESS_EVENTS) {
    for (const listener of process.rawListeners(event)) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener as () => void);
    }
  }
}
