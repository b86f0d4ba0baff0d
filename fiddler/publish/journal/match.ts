/** Whether a journal is of this very publish: same server, model, environment, files and plan. */

import type { Model, ServerInfo } from '../../client/index.js';
import type { PublishEnvironment, TimestampPlan } from '../options/index.js';
import type { PublishPlan } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import { JOURNAL, type JournalHeader } from './read.js';

export type JournalPlace = Pick<JournalHeader, 'server' | 'organization' | 'model'>;

export function placeOf(url: string, { organization }: Pick<ServerInfo, 'organization'>, model: Model): JournalPlace {
  const { id, name, version, project } = model;
  const named = { id, name, version, project: project?.name ?? null };
  return { server: url, organization: organization?.id ?? null, model: named };
}

export function journalHeaderOf(
  place: JournalPlace,
  environment: PublishEnvironment,
  plan: PublishPlan,
): JournalHeader {
  return {
    ...JOURNAL,
    ...place,
    environment: { type: environment.type, name: environment.type === 'PRE_PRODUCTION' ? environment.name : null },
    files: plan.files.map(({ path, sha256, bytes }) => ({ path, sha256, bytes })),
    timestamps: plan.timestamps,
    plan: plan.hash,
    chunks: plan.chunks.length,
    rows: plan.rows,
    at: new Date().toISOString(),
  };
}

/** Whether a journal is of this server and model. @throws PublishError `JOURNAL_OTHER_SERVER`, `JOURNAL_OTHER_MODEL` */
export function checkJournalPlace(path: string, has: JournalPlace, wanted: JournalPlace): void {
  const refuse = refusing(path);
  if (has.server !== wanted.server) refuse('JOURNAL_OTHER_SERVER', has.server, wanted.server);
  if (has.organization !== wanted.organization) {
    refuse('JOURNAL_OTHER_SERVER', `organisation ${has.organization}`, `organisation ${wanted.organization}`);
  }
  if (has.model.id !== wanted.model.id) refuse('JOURNAL_OTHER_MODEL', modelOf(has), modelOf(wanted));
}

const HINT =
  'Give the journal of this, or the server, project and model of the journal. To publish this too, name another file with --journal.';

function refusing(path: string) {
  return (code: string, was: string, is: string) => {
    throw new PublishError(code, `${path}: was begun for ${was}, this is ${is}`, { hint: HINT });
  };
}

/**
 * @param asked the times that the caller asks for now; the plan was made with the journal's
 * @throws PublishError `JOURNAL_OTHER_ENVIRONMENT`, `JOURNAL_OTHER_FILE`, `JOURNAL_OTHER_PLAN`
 */
export function checkJournal(
  path: string,
  has: JournalHeader,
  wanted: JournalHeader,
  asked: TimestampPlan | undefined,
): void {
  const refuse = refusing(path);
  const [hasPlace, wantedPlace] = [has, wanted].map(({ environment }) => environment.name ?? environment.type);
  if (hasPlace !== wantedPlace) refuse('JOURNAL_OTHER_ENVIRONMENT', String(hasPlace), String(wantedPlace));
  checkFiles(path, has, wanted);
  if (!sameTimes(has, asked)) refuse('JOURNAL_OTHER_PLAN', JSON.stringify(has.timestamps), JSON.stringify(asked));
  if (has.plan !== wanted.plan) {
    const told = (header: JournalHeader) =>
      `${header.rows.toLocaleString('en')} events in ${header.chunks.toLocaleString('en')} parts`;
    refuse('JOURNAL_OTHER_PLAN', `another plan (${told(has)})`, `one of ${told(wanted)}`);
  }
}

function checkFiles(path: string, has: JournalHeader, wanted: JournalHeader): void {
  const changed = wanted.files.findIndex(({ sha256 }, i) => has.files[i]?.sha256 !== sha256);
  if (changed < 0 && has.files.length === wanted.files.length) return;
  const [was, is] = [has.files[changed], wanted.files[changed]];
  const message =
    was === undefined || is === undefined
      ? `${has.files.length} files, ${wanted.files.length} are given`
      : `${was.path} (sha256 ${was.sha256.slice(0, 12)}…), ${is.path} is another (${is.sha256.slice(0, 12)}…)`;
  throw new PublishError('JOURNAL_OTHER_FILE', `${path}: was begun for ${message}`, { hint: HINT });
}

/** Times that were left open ("until now") are the journal's. */
function sameTimes({ timestamps: has }: JournalHeader, asked: TimestampPlan | undefined): boolean {
  if (asked === undefined || asked.from === 'column' || has.from === 'column') {
    return (asked?.from ?? 'column') === has.from;
  }
  const { days, rowsPerDay, seed, until } = asked;
  return (
    days === has.days && rowsPerDay === has.rowsPerDay && seed === has.seed && (until === null || until === has.until)
  );
}

function modelOf({ model }: JournalPlace): string {
  const project = model.project ? ` of project ${model.project}` : '';
  return `model ${model.name} ${model.version}${project} (${model.id})`;
}
