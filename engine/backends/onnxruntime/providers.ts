/**
 * onnxruntime's execution providers: which there are, and which one a `--device` means.
 *
 * A device is a provider's name, with the number of the card where there are several: `cpu`, `cuda`, `cuda:1`, `dml`,
 * `coreml`. Without one it is CUDA where its library is installed and starts, else the CPU. CoreML computes in float16
 * and DirectML takes whatever adapter comes first, so these two are taken only by name.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxRuntime } from './runtime.js';

export const PROVIDERS = ['cpu', 'cuda', 'coreml', 'dml'] as const;

export interface Device {
  provider: (typeof PROVIDERS)[number];
  /** Of the card; null where the provider has but one. */
  index: number | null;
}

/** Null for text that names no provider. */
export function parseDevice(text: string): Device | null {
  const match = /^([a-z]+)(?::(\d{1,3}))?$/.exec(text.toLowerCase());
  const provider = PROVIDERS.find((name) => name === match?.[1]);
  if (!match || provider === undefined) return null;
  const takesIndex = provider === 'cuda' || provider === 'dml';
  if (match[2] !== undefined && !takesIndex) return null;
  return { provider, index: match[2] === undefined ? null : Number(match[2]) };
}

export function deviceName({ provider, index }: Device): string {
  return index === null ? provider : `${provider}:${index}`;
}

/** The providers that may start here, best first; `cpu` always is the last. */
export function presentProviders({ ort, found }: OnnxRuntime): Device['provider'][] {
  const supported = new Map((ort.listSupportedBackends?.() ?? []).map(({ name, bundled }) => [name, bundled]));
  const present = (['cuda', 'dml', 'coreml'] as const).filter((name) => {
    const bundled = supported.get(name);
    return bundled === true || (bundled === false && hasProviderLibrary(found.root, name));
  });
  return [...present, 'cpu'];
}

/** The device to take when none is named, if the CPU is not to be taken. */
export function preferredAccelerator(runtime: OnnxRuntime): Device | null {
  return presentProviders(runtime).includes('cuda') ? { provider: 'cuda', index: null } : null;
}

/** Whether the package's install script, or the user, has put a provider's library beside onnxruntime's own. */
function hasProviderLibrary(root: string, provider: string): boolean {
  const name =
    process.platform === 'win32' ? `onnxruntime_providers_${provider}.dll` : `libonnxruntime_providers_${provider}.so`;
  const bin = join(root, 'bin');
  // One folder for the version of Node-API that the package is built for.
  return foldersIn(bin).some((version) => existsSync(join(bin, version, process.platform, process.arch, name)));
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
