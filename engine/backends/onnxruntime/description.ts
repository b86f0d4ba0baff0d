/** onnxruntime, through the package `onnxruntime-node` if a user has installed it. */
import type { EngineDescription } from '../../contract/engine-description.js';
import { HOW_TO_INSTALL, PACKAGE } from './packages.js';

export const onnxruntime = {
  name: 'onnxruntime',
  packages: [[PACKAGE]],
  howToInstall: HOW_TO_INSTALL,
  parallelism: 'own',
  hasDevices: true,
  async openFile({ facts, bytes, values, mean, std }, limits) {
    const { ApartSession } = await import('./apart-session.js');
    return ApartSession.open({ facts, bytes }, values, { mean, std }, limits);
  },
  auto: [{ on: 'any', rank: 30 }],
  load: async () => (await import('./backend.js')).onnxruntime,
} as const satisfies EngineDescription;
