/** The GPUs that Dawn lists in its error for a wrong name (https://github.com/dawn-gpu/node-webgpu#usage). */
import { nearest } from '../../../base/index.js';
import { EngineError, messageOf } from '../../contract/engine-error.js';
import type { FoundAdapter } from '../gpu/gpu.js';
import type { Dawn } from './dawn.js';

export interface ListedAdapter {
  /** Dawn's name for it: `vulkan`, `metal`, `d3d12`, … */
  api: string;
  /** The driver's name for it: `NVIDIA H100 80GB HBM3`, `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  name: string;
}

const NO_ADAPTER_HAS_THIS_NAME = '\u{1}';
const LISTED = /^ \* backend: '([^']*)', name: '(.*)'$/gm;

/** All adapters. Several equal cards count as one, since Dawn chooses by name and cannot tell them apart. */
async function listAdapters(dawn: Dawn): Promise<ListedAdapter[]> {
  try {
    await dawn.create([`adapter=${NO_ADAPTER_HAS_THIS_NAME}`]).requestAdapter({});
    return [];
  } catch (error) {
    return parseAdapterList(messageOf(error));
  }
}

/** Parses Dawn's error message. */
export function parseAdapterList(text: string): ListedAdapter[] {
  const byKey = new Map([...text.matchAll(LISTED)].map(([line, api, name]) => [line, { api: api!, name: name! }]));
  return [...byKey.values()];
}

/**
 * @param device part of an adapter's name in either case, or its number in the list. Left out: the fastest by the
 *   drivers
 * @throws EngineError `ADAPTER_MISSING` if there is no adapter, or none matches; the message lists the adapters
 */
export async function findAdapter(dawn: Dawn, device: string | undefined): Promise<FoundAdapter> {
  const listed = await listAdapters(dawn);
  const wanted = device === undefined ? null : matchAdapter(listed, device);
  const gpu = dawn.create(wanted === null ? [] : [`backend=${wanted.api}`, `adapter=${wanted.name}`]);
  const adapter = await gpu.requestAdapter(wanted === null ? { powerPreference: 'high-performance' } : {});
  if (adapter === null) throw noAdapter();
  const entry = wanted ?? listed.find(({ name }) => slug(name) === adapter.info.device) ?? null;
  return { gpu, adapter, name: entry?.name ?? adapter.info.device, api: entry?.api ?? null };
}

/** @throws EngineError `ADAPTER_MISSING` */
export function matchAdapter(listed: readonly ListedAdapter[], device: string): ListedAdapter {
  const wanted = device.toLowerCase();
  const found = /^\d+$/.test(device)
    ? listed[Number(device)]
    : (listed.find(({ name }) => name.toLowerCase() === wanted) ??
      listed.find(({ name }) => wanted !== '' && name.toLowerCase().includes(wanted)));
  if (found !== undefined) return found;
  if (listed.length === 0) throw noAdapter();
  const names = listed.map(({ api, name }, i) => `${i} ${name} (${api})`).join(', ');
  const known = listed.map(({ name }) => name);
  const close = nearest(device, known);
  const question = close === null ? '' : `; did you mean ${close}?`;
  throw new EngineError('ADAPTER_MISSING', `device "${device}": no such GPU; there are ${names}${question}`);
}

const HOW_TO_GET_A_DRIVER: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    'the Vulkan driver of the GPU: for NVIDIA its own, in a container with NVIDIA_DRIVER_CAPABILITIES=all; ' +
    'for AMD and Intel, or to emulate one, mesa-vulkan-drivers 24 or newer',
  win32: 'the current driver of the GPU',
};

/** The hint says what is needed. */
export function noAdapter(): EngineError {
  return new EngineError('ADAPTER_MISSING', 'backend webgpu: no GPU was found that a driver lets WebGPU use', {
    hint: HOW_TO_GET_A_DRIVER[process.platform],
  });
}

/** Dawn derives `info.device` from a name in the same way. */
function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
