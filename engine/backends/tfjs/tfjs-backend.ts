/**
 * Makes an engine of a TensorFlow.js backend. These engines differ only in how they are started.
 *
 * TensorFlow.js is loaded by `compile` or `warmUp`, not before. It takes longer than the rest of the package, and a
 * thread that only hands batches to workers never needs it.
 */
import type { Backend, EngineCode, Precision } from '../../contract/backend.js';

export interface TfjsBackendDescription {
  /** The name under which TensorFlow.js registers it. */
  name: string;
  /** Loads the package that registers it, and does what must happen before TensorFlow.js starts it. Called once. */
  prepare(): void | Promise<void>;
  precisions?: readonly Precision[];
  availability: Backend['availability'];
}

export function tfjsBackend(description: TfjsBackendDescription): EngineCode {
  const { name, prepare, precisions = ['float32'], availability } = description;
  let prepared: Promise<void> | null = null;
  const load = async () => {
    prepared ??= Promise.resolve(prepare());
    await prepared;
    const [{ withBackend }, { TfjsProgram }] = await Promise.all([
      import('./global-engine.js'),
      import('./program.js'),
    ]);
    return { withBackend, TfjsProgram };
  };
  return {
    precisions,
    availability,
    async warmUp() {
      const { withBackend } = await load();
      await withBackend(name, () => {});
    },
    async compile(model, options) {
      const { withBackend, TfjsProgram } = await load();
      return withBackend(name, () => new TfjsProgram(name, model, options));
    },
  };
}
