/** onnxruntime's device, with a card's number (`cpu`, `cuda:1`, `dml`). Default: CUDA where it starts, or CPU. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findOptionalPackage, type OptionalPackage } from '#platform';
import type { Availability } from '../../contract/backend.js';
import { EngineError, firstLine } from '../../contract/engine-error.js';
import { HOW_TO_INSTALL, ONNXRUNTIME } from '../packages.js';
import { type Device, deviceName, loadOnnxRuntime, type OnnxRuntime, PROVIDERS, startFailure } from './runtime.js';

/** 1.20 and older give a pooling that rounds up a last window that PyTorch does not have. */
const OLDEST_MINOR = 21;

export type Choice = { ok: true; runtime: OnnxRuntime; device: Device; remark: string } | Unavailable;

interface Unavailable extends Required<Pick<Availability, 'reason' | 'kind'>> {
  ok: false;
  code: string;
  version: string | null;
  howToGet: string | null;
}

export const NOT_INSTALLED = unavailable('BACKEND_NOT_INSTALLED', `the package ${ONNXRUNTIME} is not installed`, null);

/** @param wanted a device, as `--device` names it; undefined: the best */
export async function chooseDevice(wanted: string | undefined): Promise<Choice> {
  const found = findOptionalPackage(ONNXRUNTIME);
  if (found === null) return NOT_INSTALLED;
  const version = versionOf(found);
  if (isTooOld(found)) {
    const reason = `${version} is older than 1.${OLDEST_MINOR}, which computes pooling as PyTorch does`;
    return unavailable('BACKEND_FAILED', reason, version);
  }
  let runtime: OnnxRuntime;
  try {
    runtime = loadOnnxRuntime(found);
  } catch (error) {
    return unavailable('BACKEND_FAILED', `${ONNXRUNTIME} is installed and does not load: ${firstLine(error)}`, version);
  }
  return wanted === undefined ? chooseBest(runtime) : chooseNamed(runtime, wanted);
}

/** @param version null where the package is not there */
function unavailable(code: string, reason: string, version: string | null): Unavailable {
  return { ok: false, code, reason, kind: 'cpu', version, howToGet: HOW_TO_INSTALL.onnxruntime };
}

function isTooOld({ version }: OptionalPackage): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 1 || (major === 1 && minor < OLDEST_MINOR);
}

export function versionOf({ version }: OptionalPackage): string {
  return `${ONNXRUNTIME} ${version}`;
}

async function chooseBest(runtime: OnnxRuntime): Promise<Choice> {
  const cpu: Device = { provider: 'cpu', index: null };
  if (!presentProviders(runtime).includes('cuda'))
    return { ok: true, runtime, device: cpu, remark: 'onnxruntime on the CPU' };
  const accelerator: Device = { provider: 'cuda', index: null };
  const failure = await startFailure(runtime, accelerator);
  if (failure === null) return { ok: true, runtime, device: accelerator, remark: 'onnxruntime on CUDA' };
  return { ok: true, runtime, device: cpu, remark: `onnxruntime on the CPU, since CUDA does not start: ${failure}` };
}

async function chooseNamed(runtime: OnnxRuntime, wanted: string): Promise<Choice> {
  const missing = (reason: string, howToGet: string | null = null): Choice => {
    const version = versionOf(runtime.found);
    return { ok: false, code: 'ADAPTER_MISSING', reason, kind: 'gpu', version, howToGet };
  };
  const present = presentProviders(runtime);
  const device = parseDevice(wanted);
  if (device === null || !present.includes(device.provider)) {
    const known = device === null ? `one of ${PROVIDERS.join(', ')} is meant` : 'it is not part of this installation';
    const howToGet =
      device?.provider === 'cuda' ? `npm install ${ONNXRUNTIME} --onnxruntime-node-install=cuda12` : null;
    return missing(`no device ${wanted}: ${known}; here there are ${present.join(', ')}`, howToGet);
  }
  const failure = device.provider === 'cpu' ? null : await startFailure(runtime, device);
  if (failure !== null) return missing(`device ${wanted} does not start: ${failure}`);
  return { ok: true, runtime, device, remark: `onnxruntime on ${deviceName(device)}, as asked for` };
}

export function unusable({ code, reason, howToGet }: Unavailable): EngineError {
  return new EngineError(code, `backend onnxruntime: ${reason}`, { hint: howToGet ?? undefined });
}

/** Null for text that does not name a provider. */
function parseDevice(text: string): Device | null {
  const match = /^([a-z]+)(?::(\d{1,3}))?$/.exec(text.toLowerCase());
  const provider = PROVIDERS.find((name) => name === match?.[1]);
  if (!match || provider === undefined) return null;
  const takesIndex = provider === 'cuda' || provider === 'dml';
  if (match[2] !== undefined && !takesIndex) return null;
  return { provider, index: match[2] === undefined ? null : Number(match[2]) };
}

/** The providers that may start here, best first. `cpu` is always the last. */
function presentProviders({ ort, found }: OnnxRuntime): Device['provider'][] {
  const supported = new Map((ort.listSupportedBackends?.() ?? []).map(({ name, bundled }) => [name, bundled]));
  const present = (['cuda', 'dml', 'coreml'] as const).filter((name) => {
    const bundled = supported.get(name);
    return bundled === true || (bundled === false && hasProviderLibrary(found.root, name));
  });
  return [...present, 'cpu'];
}

/** Whether a provider's library lies beside onnxruntime's own, put there by the install script or the user. */
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
