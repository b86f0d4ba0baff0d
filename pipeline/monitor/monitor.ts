import { randomUUID } from 'node:crypto';
import { join, loadAssets, resolve, sha256Of, utf8 } from '#platform';
import { type OptionsOf, type Settled, settle } from '../../base/index.js';
import { type ColumnChoice, loadImageKernels } from '../../data/index.js';
import { type Profile, parseProfile, windowMilliseconds } from '../../drift/index.js';
import { FeatureModel } from '../../drift/monitor/index.js';
import { readSmallFile } from '../../files/index.js';
import { type BaselineCheck, checkBaseline, type MonitorRun } from '../../monitor/index.js';
import { renderMonitorPage } from '../../report/index.js';
import { fitProfileFromEvents, MAX_PROFILE_BYTES, readProfile } from '../measure/profiles.js';
import {
  FALSE_ALARM_EVERY,
  initFields,
  type MonitorInitOptions,
  type MonitorUpdateOptions,
  type PromiseOptions,
  promiseFields,
  spanText,
  tellFields,
  updateFields,
} from '../options/index.js';
import { addState, checkBaselineSame } from './add-state.js';
import { type AlarmRecord, alarmJson, type MonitorAlarm, readAlarms } from './alarm-file.js';
import { EventIds } from './event-ids.js';
import { addEvents, type Counted } from './intake.js';
import { judgedRun, openAlarm, overKeys, promiseOf, settleAlarms, unjudgedOf } from './judge.js';
import { type Judgement, judgementOf, readJudgement, writeJudgement } from './judged-file.js';
import { Ledger } from './ledger.js';
import { MonitorStateError } from './monitor-error.js';
import { checkNotify, sendDue } from './notify.js';
import { monitorPageData } from './page.js';
import { removeTaken, takeRecorded } from './recorded.js';
import { isState, type MonitorState, newState, readState, type StatePromise } from './state-file.js';
import { Change, locked, makeStateFolder, PROFILE_FILE, reading } from './state-folder.js';
import { type MonitorStatus, markdown, openMetrics, statusOf } from './status.js';

/** Who gets a message of an alarm. */
export interface AcknowledgeOptions extends OptionsOf<typeof tellFields> {}

/** After so long, what was read is written down, so that an update that is cut off goes on from there. */
const COMMIT_MS = 10_000;

/** What an update has done, as `monitor update --json` prints it. */
export interface MonitorUpdate {
  /** Rows that were counted. */
  added: number;
  /** Rows of tables, events or states that had been counted before. */
  already_there: number;
  /** Those of the added rows whose windows had been judged. */
  late: number;
  /** Rows without a timestamp: they are in no window. */
  untimed: number;
  /** Rows of tables with a value that is not finite. */
  skipped: number;
  /** Records that services refused, by the code of the reason, such as `RECORD_LENGTH`. */
  refused: Readonly<Record<string, number>>;
  /** The last windows, if nothing could judge them: without an alarm, they are no quiet ones. */
  unjudged: number;
  /** The alarm that is open; null for none. */
  alarm: MonitorAlarm | null;
  /** Why messages could not be sent; null if they were, or nobody asked for any. They are kept. */
  not_notified: string | null;
}

/**
 * Alarms over months with one promise: in quiet, the chance of an alarm within T is at most 1 − exp(−T / E). Its folder
 * has sums of windows and not a row of any image.
 *
 * @example
 * ```ts no_run
 * import { type Monitor, openMonitor } from 'image-drift/pipeline';
 *
 * const monitor: Monitor = await openMonitor('state');
 * const { alarm } = await monitor.update(['today.parquet']);
 * if (alarm !== null) console.log(`${alarm.block} since ${alarm.since}: ${alarm.cause?.join(', ')}`);
 * ```
 */
export class Monitor {
  readonly #model: FeatureModel;

  /** @param folder where its state is, a whole path @param profile the baseline in it */
  constructor(
    readonly folder: string,
    readonly profile: Profile,
  ) {
    this.#model = new FeatureModel(profile);
  }

  /**
   * Counts tables of events, or what other monitors have counted. A table counts once for ever, by its sha256; an event
   * once in its window. What services have recorded in its folder is counted, too.
   *
   * @param paths event tables, runs, or folders of other monitors with the same baseline and promise; may be none
   * @returns what was counted, and the alarm that is open
   * @throws DataError, DriftError, FileError, and coded errors `MONITOR_…`. Nothing of this call is counted then, except
   *   what an update of more than ten seconds has written down
   */
  async update(paths: readonly string[], options: MonitorUpdateOptions = {}): Promise<MonitorUpdate> {
    const { columns = {}, signal, ...telling } = settle('Monitor.update', options, updateFields);
    await loadAssets('dist/drift/');
    return this.#changing(telling, async (ledger, check) => {
      const ids = new EventIds(ledger.state.ids, (name) => join(this.folder, name));
      const counted: Counted = { added: 0, alreadyThere: 0, late: 0, untimed: 0, skipped: 0, refused: {} };
      const { judged } = ledger.state;
      const intake = { profile: this.profile, model: this.#model, ledger, ids, columns, signal, counted, judged };
      const { now } = telling;
      await takeRecorded(this.folder, ledger, counted);
      let written = now();
      for (const path of paths) {
        if (await isState(path)) await addState(this.folder, path, ledger, counted);
        else await addEvents(path, intake);
        if (Math.abs(now() - written) < COMMIT_MS) continue;
        await this.#commit(ledger, ids, check);
        written = now();
      }
      ledger.judge(now());
      await this.#commit(ledger, ids, check);
      const { alarms, run } = await settleAlarms(this.folder, this.profile, ledger, columns);
      const open = openAlarm(alarms, ledger.state);
      const unjudged = open === null && run !== null ? unjudgedOf(run.timeline) : 0;
      return { alarms, run, result: (notNotified) => updateJson(counted, unjudged, open, notNotified) };
    });
  }

  /** What `monitor status --json` prints. It waits for no update. */
  async status(): Promise<MonitorStatus> {
    return (await this.#look()).status;
  }

  /** The status as text: `openmetrics` for Prometheus' textfile collector, `markdown` for the summary of a job. */
  async statusText(format: 'openmetrics' | 'markdown'): Promise<string> {
    const { status, tests, by } = await this.#look();
    return format === 'markdown' ? markdown(status) : openMetrics(this.folder, status, tests, by);
  }

  /**
   * The page: a timeline, alarms with pictures of their days, and the numbers of each window, in one HTML file.
   *
   * @throws DataError, FileError if a table that is there cannot be read
   */
  async page({ images, columns = {} }: MonitorPageOptions = {}): Promise<string> {
    await Promise.all([loadAssets('dist/drift/'), loadAssets('dist/report/'), loadImageKernels()]);
    const { ledger, status, run } = await this.#lookWhole();
    const data = await monitorPageData(
      this.folder,
      this.profile,
      { ledger, run, status },
      { images: images ?? null, columns },
    );
    return renderMonitorPage(data);
  }

  /**
   * Ends the alarm that is open, and starts again: what came before is the new normal. The alarm stays in the history.
   *
   * @returns the alarm; null if none was open
   */
  async acknowledge(options: AcknowledgeOptions = {}): Promise<Acknowledged> {
    const telling = settle('Monitor.acknowledge', options, tellFields);
    await loadAssets('dist/drift/');
    return this.#changing(telling, async (ledger, check) => {
      const { alarms, run } = await settleAlarms(this.folder, this.profile, ledger, {});
      const open = openAlarm(alarms, ledger.state);
      if (open !== null) {
        const { judged: at, acknowledged } = ledger.state;
        acknowledged.push({ at, key: open.key, time: telling.now() });
        const change = new Change(this.folder, ledger.state, check);
        await change.commit();
      }
      const acknowledged = open && alarmJson(open);
      const after = open === null ? run : null;
      return { alarms, run: after, result: (notNotified) => ({ acknowledged, not_notified: notNotified }) };
    });
  }

  /** With the lock; afterwards what was judged is kept, and messages that are due are sent. */
  #changing<T>(
    { notify, notifyToken, now }: Settled<typeof tellFields>,
    use: (ledger: Ledger, check: () => void) => Promise<Changed<T>>,
  ): Promise<T> {
    const token = notifyToken ?? null;
    if (notify !== undefined) checkNotify(notify, token);
    return locked(this.folder, async (check) => {
      const ledger = await Ledger.read(this.folder, await readState(this.folder));
      if (notify !== undefined) ledger.state.notify = notify;
      const { alarms, run, result } = await use(ledger, check);
      check();
      await this.#keep(ledger, run);
      return result(await this.#tell(ledger.state, alarms, token, now));
    });
  }

  /** @param known if it was judged since its last change */
  async #keep(ledger: Ledger, known: MonitorRun | null): Promise<void> {
    const { state } = ledger;
    if ((await readJudgement(this.folder, state)) !== null) return;
    await writeJudgement(this.folder, state, judgementOf(known ?? judgedRun(this.profile, ledger)));
  }

  async #tell(state: MonitorState, alarms: readonly AlarmRecord[], token: string | null, now: () => number) {
    if (state.notify === null) return null;
    checkNotify(state.notify, token);
    return sendDue(this.folder, alarms, overKeys(state), { url: state.notify, token, now });
  }

  async #commit({ state, accounts }: Ledger, ids: EventIds, check: () => void): Promise<void> {
    const change = new Change(this.folder, state, check);
    for (const account of accounts) await account.write(change);
    state.components = accounts.map(({ facts }) => facts);
    await ids.write(change, windowMilliseconds(state.promise.window));
    await change.commit();
    await removeTaken(this.folder, state.taken);
  }

  async #look(): Promise<{ status: MonitorStatus; tests: Judgement['tests']; by: string | null }> {
    return reading(this.folder, async (state) => {
      const known = await readJudgement(this.folder, state);
      const judgement = known ?? judgementOf(judgedRun(this.profile, await Ledger.read(this.folder, state)));
      const status = statusOf(state, judgement, await readAlarms(this.folder));
      return { status, tests: judgement.tests, by: state.promise.by };
    });
  }

  /** With the sums, and all that was judged of them. */
  async #lookWhole(): Promise<{ ledger: Ledger; status: MonitorStatus; run: MonitorRun }> {
    return reading(this.folder, async (state) => {
      const ledger = await Ledger.read(this.folder, state);
      const run = judgedRun(this.profile, ledger);
      return { status: statusOf(state, run, await readAlarms(this.folder)), run, ledger };
    });
  }
}

/** What a change has left: alarms, what the sums were judged to be (null if not since), and what its caller gets. */
interface Changed<T> {
  alarms: AlarmRecord[];
  run: MonitorRun | null;
  result(notNotified: string | null): T;
}

function updateJson(
  { alreadyThere, ...counted }: Counted,
  unjudged: number,
  open: AlarmRecord | null,
  notNotified: string | null,
): MonitorUpdate {
  const alarm = open && alarmJson(open);
  return { ...counted, already_there: alreadyThere, unjudged, alarm, not_notified: notNotified };
}

export interface MonitorPageOptions {
  /** Where the images of the events are, if not where they were when they were embedded: a folder, or a file of them. */
  images?: string | undefined;
  /** Which columns are embeddings and scores, where the tables do not say. */
  columns?: ColumnChoice | undefined;
}

/** What `acknowledge` gives, as `monitor acknowledge --json` prints it. */
export interface Acknowledged {
  acknowledged: MonitorAlarm | null;
  /** Why messages could not be sent; null if they were, or nobody asked for any. They are kept. */
  not_notified: string | null;
}

/**
 * Opens a monitor that `initMonitor` or `image-drift monitor init` made.
 *
 * @param folder its folder
 * @returns the monitor
 * @throws coded errors `MONITOR_STATE_…` if it is none, of another schema, or damaged; FileError
 *
 * @example
 * ```ts no_run
 * import { openMonitor } from 'image-drift';
 *
 * const monitor = await openMonitor('state');
 * const { added, alarm } = await monitor.update(['today.parquet']);
 * console.log(`${added} images, ${alarm === null ? 'no alarm' : `alarm: ${alarm.block} since ${alarm.since}`}`);
 * ```
 */
export async function openMonitor(folder: string): Promise<Monitor> {
  const state = await readState(folder);
  const path = join(folder, PROFILE_FILE);
  const bytes = await readSmallFile(path, MAX_PROFILE_BYTES, 'a profile');
  checkBaselineSame(path, sha256Of(bytes), state.baseline_sha256);
  return new Monitor(resolve(folder), parseProfile(utf8(bytes), path));
}

/** What was made, and what is promised. */
export interface InitialMonitor {
  monitor: Monitor;
  check: BaselineCheck;
}

/**
 * Makes a monitor.
 *
 * @param folder a new or empty folder
 * @param baseline the profile, a file that `writeProfile` wrote; a copy is kept
 * @param options the promise
 * @throws coded errors `MONITOR_STATE_THERE` if the folder has something in it, and unless `force` is set
 *   `MONITOR_OTHER_BY` if the baseline was made by other columns, and `MONITOR_BASELINE_SMALL` if it does not carry the
 *   promise; DriftError if it is none
 *
 * @example
 * ```ts no_run
 * import { initMonitor } from 'image-drift/pipeline';
 *
 * const { monitor, check } = await initMonitor('state', 'profile.json', { window: '1d' });
 * console.log(check.enough, (await monitor.status()).promise);
 * ```
 */
export async function initMonitor(
  folder: string,
  baseline: string,
  options: MonitorInitOptions = {},
): Promise<InitialMonitor> {
  const { force, notify = null, notifyToken = null, ...asked } = settle('initMonitor', options, initFields);
  if (notify !== null) checkNotify(notify, notifyToken);
  const bytes = await readSmallFile(baseline, MAX_PROFILE_BYTES, 'a profile');
  const profile = parseProfile(utf8(bytes), baseline);
  const promise = statePromise(asked);
  if (!force) checkBy(baseline, profile, promise.by);
  const check = checkBaseline(profile, promiseOf(promise));
  if (!(check.enough || force)) throw tooSmall(baseline, check, asked);
  const given = { id: randomUUID(), baseline_sha256: sha256Of(bytes), promise, carried: check.enough, notify };
  await makeStateFolder(folder, newState(given), bytes);
  return { monitor: new Monitor(resolve(folder), profile), check };
}

/** @param path a profile, or the events that one would be made of */
export async function checkBaselineFor(
  path: string,
  options: PromiseOptions = {},
  columns: ColumnChoice = {},
): Promise<BaselineCheck> {
  const asked = settle('checkBaselineFor', options, promiseFields);
  const { by, group } = asked;
  const profile = path.endsWith('.json')
    ? await readProfile(path)
    : await fitProfileFromEvents(path, { columns, group, by: by === undefined ? undefined : [by] });
  checkBy(path, profile, by ?? null);
  return checkBaseline(profile, promiseOf(statePromise(asked)));
}

type Asked = Settled<typeof promiseFields>;

function statePromise({ falseAlarmEvery = FALSE_ALARM_EVERY, window, season, by, group }: Asked): StatePromise {
  return { false_alarm_every: falseAlarmEvery, window, season: season ?? null, by: by ?? null, group: group ?? null };
}

/** A baseline that knows other columns was probably made for another question: cameras' alarms have no cause then. */
function checkBy(baseline: string, { segments }: Profile, by: string | null): void {
  if (by === null || segments === null || segments.has(by)) return;
  const names = [...segments.keys()].join(', ');
  throw new MonitorStateError('MONITOR_OTHER_BY', `by ${by}: ${baseline} was made by ${names}`, {
    hint: `Take one of its columns, or make the baseline again by ${by}. With force, the monitor takes it as it is.`,
  });
}

function tooSmall(
  baseline: string,
  { reasons }: BaselineCheck,
  { falseAlarmEvery = FALSE_ALARM_EVERY }: Asked,
): MonitorStateError {
  const promised = `one false alarm in ${spanText(falseAlarmEvery)} at most`;
  return new MonitorStateError(
    'MONITOR_BASELINE_SMALL',
    `${baseline}: does not carry ${promised}: ${reasons.join('; ')}`,
    {
      hint: 'image-drift check-baseline says what carries it. With force, the monitor is made without a promise.',
    },
  );
}
