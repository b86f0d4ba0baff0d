/** Tests one engine's numbers and speed. As a script, with its name and device, it sends the report to its parent. */
import { cores, installedVersion } from '#platform';
import { CodedError } from '../../base/index.js';
import type { BoundGraph } from '../../graph/index.js';
import { ENGINE_NAMES, type EngineName, engineByName, loadBackend } from '../backends/registry.js';
import { measureRate } from '../choice/calibration.js';
import type { Availability, Backend } from '../contract/backend.js';
import { messageOf } from '../contract/engine-error.js';
import {
  formulaModel,
  SELF_TEST_SIDE,
  TEST_IMAGES,
  TEST_NORMALISATION,
  testError,
  testModel,
  testPixels,
} from '../contract/test-network.js';
import { Session } from '../running/session.js';

/** Relative to the largest value. float32 engines differ by some 1e-6; a wrong engine differs by far more. */
const MAX_ERROR = 1e-4;

export interface EngineReport {
  engine: EngineName;
  availability: Availability;
  /** Largest difference to float64 over the largest value; null if not tested. */
  error: number | null;
  /** The speed of a small network at 32×32, on all cores; null if not tested. */
  imagesPerSecond: number | null;
  /** Whether it is available and gives the right numbers. */
  works: boolean;
  /** The reason why an available engine does not work; null otherwise. */
  failure: string | null;
}

/** Never throws: errors are part of the report. */
export async function testEngine(engine: EngineName, device: string | null): Promise<EngineReport> {
  let availability: Availability = { ok: false, reason: 'its check failed', device: null, kind: 'cpu' };
  const untested = { engine, error: null, imagesPerSecond: null, works: false };
  try {
    const backend = await loadBackend(engine);
    availability = withPackages(engine, await backend.availability({ device: device ?? undefined }));
    if (!availability.ok) return { ...untested, availability, failure: null };
    const open = (model: BoundGraph) => openSession(model, { backend, availability, device: device ?? undefined });
    const error = await disposing(open(testModel()), errorOf);
    const size = { height: SELF_TEST_SIDE, width: SELF_TEST_SIDE };
    const imagesPerSecond = await disposing(open(formulaModel()), (session) => measureRate(session, size, 3));
    return { engine, availability, imagesPerSecond, ...judged(error) };
  } catch (error) {
    const code = error instanceof CodedError ? `${error.code} ` : '';
    const failure = code + messageOf(error);
    return { ...untested, availability, failure };
  }
}

/** @param error of the test network, a share of the largest value */
export function judged(error: number): Pick<EngineReport, 'error' | 'works' | 'failure'> {
  if (error <= MAX_ERROR) return { error, works: true, failure: null };
  const failure = `its numbers are wrong, by ${error.toExponential(1)} of the largest value`;
  return { error, works: false, failure };
}

type Test = { backend: Backend; availability: Availability; device: string | undefined };

function openSession(model: BoundGraph, { backend, availability, device }: Test): Session {
  return new Session(model, {
    backend,
    availability,
    compile: { ...TEST_NORMALISATION, taps: [model.graph.output], scores: true, precision: 'float32', device },
    threads: cores(),
    batch: null,
    notice() {},
  });
}

async function disposing<T>(session: Session, use: (session: Session) => Promise<T>): Promise<T> {
  try {
    return await use(session);
  } finally {
    await session.dispose();
  }
}

async function errorOf(session: Session): Promise<number> {
  const { images, height, width } = TEST_IMAGES;
  const { taps, scores } = await session.run({ rows: images, height, width, data: testPixels() });
  return testError(taps.get('logits')!.data, scores!);
}

/** Adds to the reason that a package is installed but does not work. This differs from a package that is missing. */
function withPackages(engine: EngineName, availability: Availability): Availability {
  if (availability.ok || availability.version) return availability;
  const found = engineByName(engine)
    .packages.flat()
    .map((name) => ({ name, version: installedVersion(name) }))
    .filter(({ version }) => version !== null);
  if (found.length === 0) return availability;
  const lies = found.map(({ name, version }) => `${name} ${version}`).join(' and ');
  return { ...availability, reason: `${availability.reason} (${lies} lies there, incomplete or not loadable)` };
}

// The build bundles it as a script whose name has its folders in front.
if (process.argv[1]?.endsWith('self-test.js')) {
  const [name, device] = process.argv.slice(2);
  const engine = ENGINE_NAMES.find((one) => one === name);
  if (engine === undefined) throw new Error(`${name} is not an engine.`);
  const report = await testEngine(engine, device ?? null);
  // Exits even when an engine would keep the process alive. The parent has the report before the exit.
  process.send?.(report, () => process.exit(0));
}
