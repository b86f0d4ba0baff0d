/** Makes a `Backend` of a TensorFlow.js one; they differ in how they are started and in nothing else. */
import type { Backend, Precision } from '../backend.js';
import { withBackend } from './global-engine.js';
import { TfjsProgram } from './program.js';

export interface TfjsBackendDescription {
  /** As TensorFlow.js registers it. */
  name: string;
  parallelism: Backend['parallelism'];
  /** What must happen before TensorFlow.js starts it; called once. */
  prepare(): void;
  precisions?: readonly Precision[];
  availability: Backend['availability'];
}

export function tfjsBackend(description: TfjsBackendDescription): Backend {
  const { name, parallelism, prepare, precisions = ['float32'], availability } = description;
  let prepared = false;
  return {
    name,
    parallelism,
    precisions,
    availability,
    compile(model, options) {
      if (!prepared) prepare();
      prepared = true;
      return withBackend(name, () => new TfjsProgram(name, model, options));
    },
  };
}
