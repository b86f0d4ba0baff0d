/** Which engines work here, each tested in a process of its own: a broken driver or package may crash or hang it. */
import { Apart, installedVersion } from '#platform';
import { anything, checkedOptions, number, type OptionsOf, text } from '../../base/index.js';
import { ENGINE_NAMES, ENGINE_PACKAGES, type EngineName } from '../backends/registry.js';
import { availableEngines } from '../choice/choose.js';
import type { Availability } from '../contract/backend.js';
import { messageOf } from '../contract/engine-error.js';
import type { EngineReport } from './self-test.js';

const PROCESS_SCRIPT = new URL('./self-test.js', import.meta.url);
/** Software GPUs compile shaders for ten seconds; a broken driver may hang for ever. */
const MAX_MS = 90_000;

/**
 * What `examineEngines` found.
 *
 * @example
 * ```ts no_run
 * import { type Examination, examineEngines } from 'image-drift';
 *
 * const { engines, auto }: Examination = await examineEngines();
 * for (const { engine, works, failure } of engines) console.log(engine, works ? 'works' : failure);
 * console.log(`auto takes ${auto[0] ?? 'none'}`);
 * ```
 */
export interface Examination {
  /** Every engine, in the order of `ENGINE_NAMES`. */
  engines: readonly EngineReport[];
  /** Engines that `auto` may take, in its order. A measured rate may put the second before the first. */
  auto: readonly EngineName[];
  /** Versions of the optional packages; null if not installed. */
  packages: ReadonlyMap<string, string | null>;
}

const examineFields = {
  device: text(),
  /** Called before each engine is tested. */
  onProgress: anything<(engine: EngineName) => void>(),
  /** The script that every process runs, for tests. */
  script: anything<URL>(),
  /** Milliseconds an engine may take, for tests. */
  timeout: number(),
};

export interface ExamineOptions extends OptionsOf<typeof examineFields> {}

/**
 * Tests which engines work on this machine. Each one runs small networks in a process of its own, and its numbers are
 * compared with those of float64. The engines run one after another, so this takes some seconds.
 *
 * @param options the adapter to ask for, and a function that is told before each engine
 * @returns every engine with its speed in images per second and, if it does not work, the reason. Nothing is thrown.
 *
 * @example
 * ```ts no_run
 * import { examineEngines } from 'image-drift';
 *
 * const { engines } = await examineEngines({ onProgress: (engine) => console.error(`testing ${engine}`) });
 * console.table(engines.map(({ engine, works, imagesPerSecond }) => ({ engine, works, imagesPerSecond })));
 * ```
 */
export async function examineEngines(options: ExamineOptions = {}): Promise<Examination> {
  options = checkedOptions('examineEngines', options, examineFields);
  const engines: EngineReport[] = [];
  for (const engine of ENGINE_NAMES) {
    options.onProgress?.(engine);
    engines.push(await ask(engine, options));
  }
  const packages = new Map(ENGINE_PACKAGES.map((name) => [name, installedVersion(name)] as const));
  return { engines, auto: await autoOrder(engines, packages, options.device ?? null), packages };
}

/** The engines that work and that `auto` may take, in its order. */
async function autoOrder(
  engines: readonly EngineReport[],
  packages: Examination['packages'],
  device: string | null,
): Promise<EngineName[]> {
  const found = availableEngines(
    { device, precision: 'float32' },
    {
      installed: (name) => packages.get(name) !== null,
      async probe(name) {
        const { availability, works } = engines.find(({ engine }) => engine === name)!;
        return { availability: { ...availability, ok: works }, precisions: ['float32'] };
      },
    },
  );
  const order: EngineName[] = [];
  for await (const { engine } of found) order.push(engine);
  return order;
}

/** Never throws. */
async function ask(
  engine: EngineName,
  { device, script = PROCESS_SCRIPT, timeout = MAX_MS }: ExamineOptions,
): Promise<EngineReport> {
  const child = new Apart(script, { args: device === undefined ? [engine] : [engine, device], timeout });
  try {
    return await child.answer<EngineReport>();
  } catch (error) {
    const failure = messageOf(error);
    const availability: Availability = { ok: false, reason: failure, device: null, kind: 'cpu' };
    return { engine, availability, error: null, imagesPerSecond: null, works: false, failure };
  } finally {
    await child.close();
  }
}
