/** The device of onnxruntime that is used, or the reason why there is none. */

import { findOptionalPackage, type OptionalPackage } from '../../../files/index.js';
import type { Availability } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { HOW_TO_INSTALL, PACKAGE } from './packages.js';
import {
  type Device,
  deviceName,
  PROVIDERS,
  parseDevice,
  preferredAccelerator,
  presentProviders,
} from './providers.js';
import { loadOnnxRuntime, type OnnxRuntime } from './runtime.js';
import { firstLine, startFailure } from './session.js';

/** 1.20 and older give a pooling that rounds up a last window that PyTorch does not have. */
const OLDEST_MINOR = 21;

/** The result of a request: a device that starts, or the reason why none does. */
export type Choice =
  | { ok: true; runtime: OnnxRuntime; device: Device; remark: string }
  | {
      ok: false;
      code: string;
      reason: string;
      kind: Availability['kind'];
      version: string | null;
      howToGet: string | null;
    };

/** The reason why there is no device: the package is not there. */
export const NOT_INSTALLED = unavailable('BACKEND_NOT_INSTALLED', `the package ${PACKAGE} is not installed`, null);

/** @param wanted a device, as `--device` names it; undefined: the best */
export async function chooseDevice(wanted: string | undefined): Promise<Choice> {
  const found = findOptionalPackage(PACKAGE);
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
    return unavailable('BACKEND_FAILED', `${PACKAGE} is installed and does not load: ${firstLine(error)}`, version);
  }
  return wanted === undefined ? chooseBest(runtime) : chooseNamed(runtime, wanted);
}

/** @param version null where the package is not there */
function unavailable(code: string, reason: string, version: string | null): Extract<Choice, { ok: false }> {
  return { ok: false, code, reason, kind: 'cpu', version, howToGet: HOW_TO_INSTALL };
}

function isTooOld({ version }: OptionalPackage): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 1 || (major === 1 && minor < OLDEST_MINOR);
}

export function versionOf({ version }: OptionalPackage): string {
  return `${PACKAGE} ${version}`;
}

async function chooseBest(runtime: OnnxRuntime): Promise<Choice> {
  const cpu: Device = { provider: 'cpu', index: null };
  const accelerator = preferredAccelerator(runtime);
  if (accelerator === null) return { ok: true, runtime, device: cpu, remark: 'onnxruntime on the CPU' };
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
    const howToGet = device?.provider === 'cuda' ? `npm install ${PACKAGE} --onnxruntime-node-install=cuda12` : null;
    return missing(`no device ${wanted}: ${known}; here there are ${present.join(', ')}`, howToGet);
  }
  const failure = device.provider === 'cpu' ? null : await startFailure(runtime, device);
  if (failure !== null) return missing(`device ${wanted} does not start: ${failure}`);
  return { ok: true, runtime, device, remark: `onnxruntime on ${deviceName(device)}, as asked for` };
}

/** The error of a choice that found no device. */
export function unusable({ code, reason, howToGet }: Extract<Choice, { ok: false }>): EngineError {
  return new EngineError(code, `backend onnxruntime: ${reason}`, { hint: howToGet ?? undefined });
}
