/** Adds what other monitors have read, such as those of several pods: exactly, and each once. */
import { resolve } from '#platform';
import { spanText } from '../options/index.js';
import type { Counted } from './intake.js';
import { type Account, KEPT_RECORDERS, type Ledger, readAccount } from './ledger.js';
import { MonitorStateError } from './monitor-error.js';
import type { MonitorState, StatePromise } from './state-file.js';
import { reading } from './state-folder.js';

/** @throws MonitorStateError `MONITOR_OTHER_BASELINE`, `MONITOR_OTHER_PROMISE`, `MONITOR_STATE_COPY`, `MONITOR_FILE_TWICE` */
export async function addState(folder: string, path: string, ledger: Ledger, counted: Counts): Promise<void> {
  if (resolve(folder) === resolve(path)) {
    counted.alreadyThere += ledger.accounts.reduce((sum, { facts }) => sum + facts.rows, 0);
    return;
  }
  const others = await reading(path, async (state) => {
    checkSamePromise(path, state, ledger.state);
    const accounts: Account[] = [];
    for (const facts of state.components) accounts.push(await readAccount(path, structuredClone(facts)));
    return accounts;
  });
  for (const other of others) addAccount(path, ledger, other, counted);
}

type Counts = Pick<Counted, 'added' | 'alreadyThere'>;

function addAccount(path: string, ledger: Ledger, other: Account, counted: Counts): void {
  const at = ledger.accounts.findIndex(({ facts }) => facts.id === other.facts.id);
  const known = ledger.accounts[at];
  checkFiles(path, ledger, known, other);
  if (known !== undefined && (at === 0 || known.facts.sequence >= other.facts.sequence)) {
    counted.alreadyThere += other.facts.rows;
    return;
  }
  counted.added += other.facts.rows - (known?.facts.rows ?? 0);
  counted.alreadyThere += known?.facts.rows ?? 0;
  if (known === undefined) ledger.accounts.push(other.whole());
  else ledger.accounts[at] = other.whole();
}

/** Two copies of one state that went on apart cannot be added: what both have cannot be taken from the sums. */
function checkFiles(path: string, { accounts }: Ledger, known: Account | undefined, other: Account): void {
  if (known !== undefined) {
    const [less, more] = known.facts.sequence <= other.facts.sequence ? [known, other] : [other, known];
    const lost = less.files.find(({ sha256 }) => !more.has(sha256))?.path ?? lostRecorder(less, more);
    const isOwnAhead = known === accounts[0] && other.facts.sequence > known.facts.sequence;
    if (lost === undefined && !isOwnAhead) return;
    const what = lost === undefined ? 'has gone on from this one' : `and this one went on apart; only one has ${lost}`;
    throw new MonitorStateError('MONITOR_STATE_COPY', `${path}: is a copy of one monitor, ${what}`, {
      hint: 'Make a monitor for each machine with monitor init; a copied folder counts as the same one.',
    });
  }
  for (const account of accounts) {
    const twice = other.files.find(({ sha256 }) => account.has(sha256));
    if (twice === undefined) continue;
    throw new MonitorStateError('MONITOR_FILE_TWICE', `${path}: has read ${twice.path}, which was read here, too`, {
      hint: 'Rows of one table would count twice. Give each table to one monitor.',
    });
  }
}

/** One of which `less` has counted more. */
function lostRecorder({ facts: less }: Account, { facts: more }: Account): string | undefined {
  const known = new Map(more.recorders);
  // A full list has forgotten some.
  const unknown = more.recorders.length < KEPT_RECORDERS ? 0 : Number.POSITIVE_INFINITY;
  const lost = less.recorders.find(([id, files]) => files > (known.get(id) ?? unknown));
  return lost && `what recorder ${lost[0]} has counted`;
}

function checkSamePromise(path: string, other: MonitorState, own: MonitorState): void {
  checkBaselineSame(path, other.baseline_sha256, own.baseline_sha256);
  const [found, needed] = [promiseText(other.promise), promiseText(own.promise)];
  if (found === needed) return;
  throw new MonitorStateError('MONITOR_OTHER_PROMISE', `${path}: promises ${found}, this monitor ${needed}`, {
    hint: 'States are added that were made with the same window, by, group, season and time of false alarms.',
  });
}

export function checkBaselineSame(path: string, found: string, needed: string): void {
  if (found === needed) return;
  const message = `${path}: its baseline's sha256 is ${found}, that of this monitor ${needed}`;
  throw new MonitorStateError('MONITOR_OTHER_BASELINE', message, {
    hint: 'A monitor keeps its baseline. For another one, make a new monitor with monitor init.',
  });
}

function promiseText({ false_alarm_every, window, season, by, group }: StatePromise): string {
  const given = { 'false-alarm-every': spanText(false_alarm_every), window, by, group };
  const flags = Object.entries({ ...given, season: season === null ? null : spanText(season) });
  return flags.flatMap(([name, value]) => (value === null ? [] : [`--${name} ${value}`])).join(' ');
}
