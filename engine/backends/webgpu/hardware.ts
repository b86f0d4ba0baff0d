/**
 * Whether this computer may have a GPU, found without loading anything. On Linux, every driver shows its cards in
 * `/dev`. Without a card, Dawn could only find software GPUs, and would complain on stderr.
 */
import { existsSync, readdirSync } from 'node:fs';

/** AMD, Intel, Nouveau and most others. The other paths: NVIDIA's own driver, Windows (WSL 2), Adreno, Mali. */
const RENDER_NODES = '/dev/dri';
const OTHER_NODES = ['/dev/nvidiactl', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0'];

/** Always true on other systems: they bring a driver, and Dawn prints nothing. */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  return hasRenderNode() || OTHER_NODES.some((path) => existsSync(path));
}

/** `card…` alone proves nothing: a server's console has one as well. */
function hasRenderNode(): boolean {
  try {
    return readdirSync(RENDER_NODES).some((name) => name.startsWith('render'));
  } catch {
    return false;
  }
}
