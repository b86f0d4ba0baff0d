/** The key of a calibration: this machine, these versions, this model at this image size. */
import { createHash } from 'node:crypto';
import { availableParallelism, cpus, hostname } from 'node:os';
import type { ImageSize } from '../../graph/index.js';
import { ENGINE_PACKAGES } from '../backends/registry.js';
import type { Precision } from '../contract/backend.js';
import { installedVersion } from '../packages/installed.js';
import type { Candidate } from './choose.js';

export interface CalibratedModel {
  weightsSha256: string;
  image: ImageSize;
  taps: readonly string[];
  precision: Precision;
  device: string | null;
  threads: number | null;
}

/** A hash that changes with the driver, the packages, Node and the model. */
export function calibrationKey({ engine, availability }: Candidate, model: CalibratedModel): string {
  const { device, driver, version } = availability;
  const machine = [hostname(), process.platform, process.arch, cpus()[0]?.model ?? '', availableParallelism()];
  const packages = ENGINE_PACKAGES.map((name) => installedVersion(name));
  const parts = [machine, process.version, packages, engine, device, driver ?? null, version ?? null, model];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
