import { printable, shellWord } from '../base/index.js';
import type { Published } from '../fiddler/publish/index.js';
import type {
  LocalHalf,
  QuickstartFile,
  QuickstartFiles,
  QuickstartPlan,
  QuickstartPublished,
  QuickstartWeek,
} from '../pipeline/index.js';
import { ourCommand } from './output.js';
import { formatTable } from './table.js';
import { verificationTable } from './verification-table.js';

const ORIGIN_WORDS: Record<QuickstartFile['origin'], string> = {
  given: 'given',
  downloaded: 'downloaded',
  cache: 'downloaded earlier',
};

export function filesSaid({ checkpoint, sets }: QuickstartFiles): string[] {
  return [checkpoint, ...sets].map(({ path, origin, isOriginal, sha256 }) => {
    const other = isOriginal ? '' : `, not the file of the notebook (sha256 ${sha256.slice(0, 8)}…): taken as it is`;
    return `${path} (${ORIGIN_WORDS[origin]}${other})`;
  });
}

export function publishedSaid(published: QuickstartPublished): string {
  const { onboarded, baseline, production, weeks, changed } = published;
  const { project, model, created } = onboarded;
  const made = (isNew: boolean) => (isNew ? 'created' : 'is there');
  return [
    `project ${project.name}: ${made(created.project)}; model ${model.name} ${model.version}: ${made(created.model)}`,
    `baseline train_time_reference: ${eventsSaid(baseline)}`,
    `production: ${eventsSaid(production)}`,
    '',
    formatTable(['week', 'from', 'to', '>events', 'JSD', 'JSD of Fiddler'], weeks.map(weekCells)),
    '',
    verifiedSaid(published),
    ...(changed ? [] : [unchangedSaid([baseline, production])]),
  ].join('\n');
}

/** Only what was read back is known to be there. */
function unchangedSaid(published: readonly Pick<Published, 'confirmed'>[]): string {
  if (published.every(({ confirmed }) => confirmed === true))
    return 'Everything was there already: nothing was changed on the server.';
  return 'Nothing was changed on the server, which does not let one read the events back.';
}

function verifiedSaid({ verification, notVerified }: QuickstartPublished): string {
  if (verification === null) return `${notVerified ?? ''} Run this again to see the numbers of the server.`;
  if (!verification.agrees) return verificationTable(verification);
  const { tolerance, bins } = verification;
  return `Every number of the server is ours, to ${tolerance.toExponential()}, on ${bins.length} days.`;
}

function eventsSaid({ rows, sent, alreadyThere, finished }: QuickstartPublished['baseline']): string {
  const [all, now, before] = [rows, sent, alreadyThere].map((count) => count.toLocaleString('en'));
  const open = finished ? '' : '; its jobs are still running';
  if (sent === 0 && finished) return `${all} events, there already`;
  return `${all} events${alreadyThere === 0 ? '' : `, ${now} sent now, ${before} there already`}${open}`;
}

function weekCells({ name, from, to, events, ours, server }: QuickstartWeek): string[] {
  return [name, day(from), day(to), events.toLocaleString('en'), rangeSaid(ours), rangeSaid(server)];
}

function rangeSaid(range: { low: number; high: number } | null): string {
  return range === null ? '-' : `${range.low.toFixed(4)} to ${range.high.toFixed(4)}`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

export function planSaid({ project, model, uploads, firstRows, problems }: QuickstartPlan): string {
  const rows = uploads.map(({ environment, file, at, events, bytes }) => {
    const time = at === null ? '' : new Date(at).toISOString();
    return [environment, file, time, events.toLocaleString('en'), Math.round(bytes / 1000).toLocaleString('en')];
  });
  return [
    `Would make project ${project} and model ${model} where they are not there (after a sample of the reference), then send:`,
    formatTable(['to', 'of', 'at', '>events', '>kB'], rows),
    'The first of production:',
    ...firstRows.map((row) => JSON.stringify(row)),
    ...problems.map(({ severity, message }) => `${severity}: ${printable(message)}`),
    'Nothing was sent.',
  ].join('\n');
}

/** @param argv as typed, to be typed again */
export function nextWithoutServer(argv: readonly string[]): string {
  return [
    'FIDDLER_URL is not set: nothing was sent. The half that needs no server is done, and will not be done again.',
    `For your Fiddler, or a local one to try it against (in another terminal: ${ourCommand('emulator')}), type:`,
    '  export FIDDLER_URL=http://127.0.0.1:7575',
    '  export FIDDLER_TOKEN=emulator',
    `  ${ourCommand(argv.map(shellWord).join(' '))}`,
  ].join('\n');
}

export function quickstartJson(
  { checkpoint, sets }: QuickstartFiles,
  { embedded, measurement, profilePath, weightsSha256, steps }: LocalHalf,
  published: QuickstartPublished | null,
  report: string,
): Record<string, unknown> {
  return {
    files: [checkpoint, ...sets].map(({ path, sha256, origin, isOriginal }) => {
      return { path, sha256, origin, original: isOriginal };
    }),
    weights_sha256: weightsSha256,
    embedded: embedded.map(({ out, rows, correct, labelled }) => ({
      out,
      rows,
      correct,
      accuracy: correct / labelled,
    })),
    profile: profilePath,
    report,
    steps_skipped: steps.skipped,
    drift: measurement.report,
    fiddler: published && fiddlerJson(published),
  };
}

function fiddlerJson({ url, onboarded, baseline, production, weeks, verification, changed }: QuickstartPublished) {
  const { project, model, created } = onboarded;
  const counts = ({ rows, sent, alreadyThere, finished }: QuickstartPublished['baseline']) => {
    return { rows, sent, already_there: alreadyThere, finished };
  };
  return {
    url,
    project: { id: project.id, name: project.name, created: created.project },
    model: { id: model.id, name: model.name, version: model.version, created: created.model },
    baseline: counts(baseline),
    production: counts(production),
    weeks,
    agrees: verification?.agrees ?? null,
    days:
      verification?.bins.map(({ name, rows, ours, server, difference }) => {
        return { name, rows, jsd: ours.jsd, psi: ours.psi, server: server.numbers, difference };
      }) ?? null,
    changed,
  };
}
