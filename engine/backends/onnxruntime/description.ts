/** onnxruntime, through the package `onnxruntime-node` if a user has installed it. */
import type { EngineDescription } from '../../contract/engine-description.js';
import { HOW_TO_INSTALL, ONNXRUNTIME } from '../packages.js';

export const onnxruntime = {
  name: 'onnxruntime',
  packages: [[ONNXRUNTIME]],
  howToInstall: HOW_TO_INSTALL.onnxruntime,
  parallelism: 'own',
  hasDevices: true,
  async openFile(request, limits) {
    const { ApartSession } = await import('./apart-session.js');
    return ApartSession.open(request, limits);
  },
  auto: [{ on: 'any', rank: 30 }],
  load: async () => (await import('./backend.js')).onnxruntime,
} as const satisfies EngineDescription;
