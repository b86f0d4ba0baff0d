/** Whether there may be a GPU. On Linux, every driver shows its cards in `/dev`; without one, Dawn would complain. */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** AMD, Intel, Nouveau and most others. The other paths: NVIDIA's own driver, Windows (WSL 2), Adreno, Mali. */
const RENDER_NODES = '/dev/dri';
const OTHER_NODES = ['/dev/nvidiactl', '/dev/dxg', '/dev/kgsl-3d0', '/dev/mali0'];

/** Always true on other systems: they bring a driver, and Dawn prints nothing. */
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

/** Whether Dawn may find a GPU or an emulator. Without a Vulkan driver it writes a dozen lines of its own on stderr. */
export function mayHaveAdapter(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (mayHaveGpu(platform)) return true;
  const named = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'].flatMap((name) => split(env[name]));
  return named.some((path) => existsSync(path)) || driverFolders(env).some(holdsDriver);
}

/** https://github.com/KhronosGroup/Vulkan-Loader, "Linux driver discovery". */
function driverFolders(env: NodeJS.ProcessEnv): string[] {
  const home = env['HOME'] ?? homedir();
  const roots = [
    ...[env['XDG_CONFIG_HOME'] || join(home, '.config'), env['XDG_DATA_HOME'] || join(home, '.local/share')],
    ...(env['XDG_CONFIG_DIRS'] ? split(env['XDG_CONFIG_DIRS']) : ['/etc/xdg']),
    ...(env['XDG_DATA_DIRS'] ? split(env['XDG_DATA_DIRS']) : ['/usr/local/share', '/usr/share']),
    ...['/etc', '/usr/local/etc'],
  ];
  return roots.map((root) => join(root, 'vulkan', 'icd.d'));
}

function holdsDriver(folder: string): boolean {
  return namesIn(folder).some((name) => name.endsWith('.json'));
}

function split(paths = ''): string[] {
  return paths.split(delimiter).filter((path) => path !== '');
}
