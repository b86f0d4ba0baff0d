/** Makes a `Backend` of a TensorFlow.js one; they differ in how they are started and in nothing else. */
import type { Availability, Backend } from '../backend.js';
import { withBackend } from './global-engine.js';
import { TfjsProgram } from './program.js';

export interface TfjsBackendDescription {
  /** As TensorFlow.js registers it. */
  name: string;
  parallelism: Backend['parallelism'];
  /** What must happen before TensorFlow.js starts it; called once. */
  prepare(): void;
  available(): Promise<Availability>;
}

export function tfjsBackend({ name, parallelism, prepare, available }: TfjsBackendDescription): Backend {
  let prepared = false;
  return {
    name,
    parallelism,
    available,
    compile(model, options) {
      if (!prepared) prepare();
      prepared = true;
      return withBackend(name, () => new TfjsProgram(name, model, options));
    },
  };
}
