import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { text } from '../base/index.js';
import type { EngineReport, Examination } from '../engine/index.js';
import { command } from './command.js';
import { printJson, printLines, say } from './output.js';
import { formatTable } from './table.js';

export const doctor = command({
  usage: 'doctor',
  describe: 'Which engines work here, how fast and how exactly, and how to get the others',
  options: { device: text().orNumber().flag('Adapter to test, by part of its name or its number') },
  examples: [['doctor', 'A few seconds; exit code 0 if at least one engine works']],
  async run(args) {
    const { EngineError, examineEngines } = await import('../engine/index.js');
    const examination = await examineEngines({
      device: args.device,
      onProgress: (engine) => say(args.quiet || args.json || !process.stderr.isTTY, `testing ${engine} …`),
    });
    if (args.json) printJson({ ...machine(), ...asJson(examination) });
    else printLines(describe(machine(), examination));
    if (!examination.engines.some(({ works }) => works)) {
      throw new EngineError('NO_BACKEND', 'no engine works here', {
        hint: 'The lines below the table say what each one lacks.',
      });
    }
  },
});

type Machine = ReturnType<typeof machine>;

function describe(machine: Machine, examination: Examination): string {
  const { engines, auto, packages } = examination;
  const installed = [...packages].map(([name, version]) => [name, version ?? 'not installed']);
  const [taken, other] = auto;
  const choice =
    taken === undefined
      ? '--backend auto finds none of them.'
      : other === undefined
        ? `--backend auto takes ${taken}.`
        : `--backend auto compares ${taken} and ${other} on your model, once, and takes the faster.`;
  return [
    formatTable(
      ['machine', ''],
      [
        ['processor', `${machine.cpu}, ${machine.cores} cores for this process`],
        ['memory', `${gibibytes(machine.memory_free_bytes)} of ${gibibytes(machine.memory_bytes)} GiB free`],
        ['system', `${machine.platform} ${machine.arch}`],
        ['node', machine.node],
        ['image-drift', machine.version],
        ...installed,
      ],
    ),
    '',
    formatTable(['backend', 'state', 'device', 'driver', '>images/s', '>error'], engines.map(row)),
    '',
    ...engines.flatMap(remarks),
    '',
    'images/s: a small network at 32×32, all cores. error: largest difference to float64 over the largest value.',
    choice,
  ].join('\n');
}

function row({ engine, availability, imagesPerSecond, error, works }: EngineReport): string[] {
  const { ok, device, driver, kind } = availability;
  const state = works ? (kind === 'software-gpu' ? 'works, in software' : 'works') : ok ? 'fails' : 'not available';
  const rate = imagesPerSecond === null ? '' : imagesPerSecond.toLocaleString('en', { maximumFractionDigits: 0 });
  return [engine, state, device ?? '', driver ?? '', rate, error?.toExponential(1) ?? ''];
}

function remarks({ engine, availability, failure }: EngineReport): string[] {
  const { ok, reason, howToGet } = availability;
  const lines = [`${engine}: ${failure ?? reason}`];
  if (!ok && howToGet) lines.push(`${' '.repeat(engine.length + 2)}to get it: ${howToGet}`);
  return lines;
}

function asJson({ engines, auto, packages }: Examination) {
  return {
    backends: engines.map(({ engine, availability, works, error, imagesPerSecond, failure }) => ({
      backend: engine,
      available: availability.ok,
      works,
      reason: availability.reason,
      failure,
      device: availability.device,
      kind: availability.kind,
      driver: availability.driver ?? null,
      version: availability.version ?? null,
      how_to_get: availability.howToGet ?? null,
      error,
      images_per_second: imagesPerSecond,
    })),
    auto,
    optional_packages: Object.fromEntries(packages),
  };
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

function machine() {
  return {
    version: ownVersion(),
    node: process.version,
    platform: process.platform,
    arch: process.arch,
    cpu: cpus()[0]?.model.trim() || 'unknown processor',
    cores: availableParallelism(),
    // Without a container's limit, `constrainedMemory` returns 0 or 2⁶⁴.
    memory_bytes: Math.min(process.constrainedMemory() || totalmem(), totalmem()),
    memory_free_bytes: process.availableMemory(),
  };
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
