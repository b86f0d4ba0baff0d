/** Whether there may be a GPU. On Linux, every driver shows its cards in `/dev`: without one, there is nothing to probe. */
import { existsSync, readdirSync } from 'node:fs';

/** AMD, Intel, Nouveau and most others. The other paths: NVIDIA's own driver, Windows (WSL 2), Adreno, Mali. */
const RENDER_NODES = '/dev/dri';
const OTHER_NODES = ['/dev/nvidiactl', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0'];

/** Always true on other systems, where only a driver knows. */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  // `card…` alone proves nothing: a server's console has one as well.
  const hasRenderNode = namesIn(RENDER_NODES).some((name) => name.startsWith('render'));
  return hasRenderNode || OTHER_NODES.some((path) => existsSync(path));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
