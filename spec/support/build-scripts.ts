/** Types for the scripts of the build. They are JavaScript, because nothing is compiled yet when they run. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './paths.js';

export interface Kernel {
  name: string;
  entry: string;
  printed?: {
    at: string;
    from: string;
    print: { module: string; imports: string; name: string };
  };
  output: string;
  flags: string[];
}

export interface Step {
  name: string;
  key: string;
  sources(): string[];
  run(isIntact: boolean): Promise<{ read: string[]; wrote: string[]; failure?: string | null }>;
}

async function load<Exports>(name: string): Promise<Exports> {
  return (await import(pathToFileURL(join(packageRoot, 'scripts', 'build', name)).href)) as Exports;
}

export const { KERNELS } = await load<{ KERNELS: Kernel[] }>('kernels.mjs');

export const { compileKernel, kernelSteps } = await load<{
  compileKernel(
    root: string,
    kernel: Kernel,
    texts?: ReadonlyMap<string, string>,
  ): Promise<{ wasm: Uint8Array; read: string[] }>;
  kernelSteps(root: string, kernel: Kernel): Step[];
}>('assemblyscript.mjs');

export const { typescript } = await load<{ typescript(root: string, name: string, config: string): Step }>(
  'typescript.mjs',
);

export const { runSteps } = await load<{
  runSteps(root: string, steps: Step[], options?: { force?: boolean }): Promise<{ ran: string[]; removed: string[] }>;
}>('run-steps.mjs');
