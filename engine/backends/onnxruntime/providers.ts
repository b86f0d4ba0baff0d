/**
 * onnxruntime's execution providers: which are available, and which one a `--device` names.
 *
 * A device is a provider's name, with the number of the card if there are several: `cpu`, `cuda`, `cuda:1`, `dml`,
 * `coreml`. The default is CUDA if its library is installed and starts, otherwise the CPU. CoreML computes in float16,
 * and DirectML takes whatever adapter comes first, so these two are used only if they are named.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OnnxRuntime } from './runtime.js';

export const PROVIDERS = ['cpu', 'cuda', 'coreml', 'dml'] as const;

export interface Device {
  provider: (typeof PROVIDERS)[number];
  /** The number of the card; null if the provider has only one. */
  index: number | null;
}

/** Null for text that does not name a provider. */
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

/** The providers that may start here, best first. `cpu` is always the last. */
export function presentProviders({ ort, found }: OnnxRuntime): Device['provider'][] {
  const supported = new Map((ort.listSupportedBackends?.() ?? []).map(({ name, bundled }) => [name, bundled]));
  const present = (['cuda', 'dml', 'coreml'] as const).filter((name) => {
    const bundled = supported.get(name);
    return bundled === true || (bundled === false && hasProviderLibrary(found.root, name));
  });
  return [...present, 'cpu'];
}

/** The device to use when none is named; null for the CPU. */
export function preferredAccelerator(runtime: OnnxRuntime): Device | null {
  return presentProviders(runtime).includes('cuda') ? { provider: 'cuda', index: null } : null;
}

/**
 * Whether a provider's library lies beside onnxruntime's own. The package's install script puts it there, or the user.
 */
function hasProviderLibrary(root: string, provider: string): boolean {
  const name =
    process.platform === 'win32' ? `onnxruntime_providers_${provider}.dll` : `libonnxruntime_providers_${provider}.so`;
  const bin = join(root, 'bin');
  // There is one folder for the version of Node-API that the package is built for.
  return foldersIn(bin).some((version) => existsSync(join(bin, version, process.platform, process.arch, name)));
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
