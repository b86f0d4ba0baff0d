/** V8: its switches, which belong to the process, its memory, and expressions that it gives up. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { createContext, runInNewContext, Script } from 'node:vm';

/** V8's version. */
export function v8Version(): string {
  return process.versions.v8;
}

/** What this Node was started with; in the second list, by its environment. */
export function startFlags(): readonly [arguments: readonly string[], options: string] {
  return [process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
}

/** @param flag `--no-liftoff` */
export function setV8Flag(flag: string): void {
  setFlagsFromString(flag);
}

/** Far more than the 100 kB of the list. */
const MAX_BYTES = 4 * 2 ** 20;
/** Far more than a busy system needs: without an answer, other kernels are chosen, with other last bits. */
const MAX_MS = 60_000;

/** The text of `--v8-options`; null if V8 cannot be asked. */
export async function v8Options(): Promise<string | null> {
  if (!(await isPlainNode())) return null;
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_OPTIONS: '' };
    const options = { maxBuffer: MAX_BYTES, timeout: MAX_MS, windowsHide: true, env };
    try {
      execFile(process.execPath, ['--v8-options'], options, (error, stdout) => resolve(error ? null : stdout));
    } catch {
      // Node's permission model forbids other processes.
      resolve(null);
    }
  });
}

/** Whether the executable takes Node's arguments; Electron, Bun, Deno and packed programs do not. */
export async function isPlainNode(): Promise<boolean> {
  const { versions, release, execPath } = process;
  const others = ['electron', 'bun', 'deno', 'nw'].some((name) => versions[name] !== undefined);
  if (others || release.name !== 'node' || !/^node(js)?(\.exe)?$/i.test(basename(execPath))) return false;
  const sea = await import('node:sea').catch(() => null);
  return sea?.isSea() !== true;
}

/** Collects garbage once (~10 ms): V8 hardly counts memory outside of its heap. Bun cannot. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext("typeof gc === 'function' ? gc : null");
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}

const MATCH = new Script('expression.exec(text)');

/** An error with the code `ERR_SCRIPT_EXECUTION_TIMEOUT` ends what takes longer. */
export function boundedMatch(expression: RegExp, milliseconds: number): (text: string) => RegExpExecArray | null {
  const context = createContext({ expression, text: '' });
  return (text) => {
    context['text'] = text;
    return MATCH.runInContext(context, { timeout: milliseconds }) as RegExpExecArray | null;
  };
}
