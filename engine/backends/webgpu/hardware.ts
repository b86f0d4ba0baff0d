/**
 * Whether this computer may have a GPU at all, told without loading anything. On Linux every driver shows its cards in
 * `/dev`; where there is none, Dawn could only find emulations, and would complain on stderr that it found nothing.
 */
import { existsSync, readdirSync } from 'node:fs';

/** AMD, Intel, Nouveau and most others; NVIDIA's own; Windows's to Linux (WSL 2); Adreno; Mali. */
const RENDER_NODES = '/dev/dri';
const OTHER_NODES = ['/dev/nvidiactl', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0'];

/** Elsewhere than on Linux always true: the system brings a driver, and Dawn is quiet. */
export function mayHaveGpu(platform: NodeJS.Platform = process.platform): boolean {
  if (platform !== 'linux') return true;
  return hasRenderNode() || OTHER_NODES.some((path) => existsSync(path));
}

/** `card…` alone is no proof: a server's console has one as well. */
function hasRenderNode(): boolean {
  try {
    return readdirSync(RENDER_NODES).some((name) => name.startsWith('render'));
  } catch {
    return false;
  }
}
