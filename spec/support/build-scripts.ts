/** Types for the scripts of the build. They are JavaScript, because nothing is compiled yet when they run. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from './places.js';

export interface Kernel {
  entry: string;
  printed?: {
    at: string;
    from: string;
    print: { module: string; name: string };
  };
  output: string;
  flags: string[];
}

async function load<Exports>(name: string): Promise<Exports> {
  return (await import(pathToFileURL(join(packageRoot, 'scripts', 'build', name)).href)) as Exports;
}

export const { buildKernel, compileKernel, KERNELS, sourcesDigest } = await load<{
  KERNELS: Kernel[];
  sourcesDigest(root: string): string;
  buildKernel(root: string, kernel: Kernel, sources: string): Promise<false | undefined>;
  compileKernel(root: string, kernel: Kernel, texts: ReadonlyMap<string, string>): Promise<Uint8Array>;
}>('kernels.mjs');

export const { removeDead } = await load<{ removeDead(root: string, projects: Record<string, string>): void }>(
  'remove-dead.mjs',
);
