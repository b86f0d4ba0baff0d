/** Where downloads are kept for the next run, after the XDG Base Directory Specification 0.8. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** `IMAGE_DRIFT_CACHE`, or `image-drift` in `XDG_CACHE_HOME` (which the specification ignores where it is relative) or in `~/.cache`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const own = env['IMAGE_DRIFT_CACHE'];
  if (own) return resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'image-drift');
}
