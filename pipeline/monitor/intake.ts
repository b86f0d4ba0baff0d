/** Reads event tables into sums of windows: each table once for ever, each event of a window once. */
import { resolve, sep, sha256 } from '#platform';
import {
  type ColumnChoice,
  type EventSource,
  eventFiles,
  isUrl,
  openAnywhere,
  openEvents,
  type RemoteFiles,
} from '../../data/index.js';
import {
  checkBatch,
  checkSkipped,
  type DriftBatch,
  isBatchRowUsable,
  type Profile,
  windowStart,
} from '../../drift/index.js';
import type { FeatureModel } from '../../drift/monitor/index.js';
import { addToHash } from '../../files/index.js';
import { checkRows, comparedSchema, toDriftBatch } from '../measure/event-batches.js';
import { comparedGroups, rowSegments } from '../measure/row-groups.js';
import type { EventIds } from './event-ids.js';
import { isLate, type Ledger } from './ledger.js';
import { MonitorStateError } from './monitor-error.js';
import { OpenWindows } from './open-windows.js';
import type { StatePromise } from './state-file.js';
import type { WindowSums } from './sums-file.js';

/** What an update has done with the rows that it was given. */
export interface Counted {
  added: number;
  /** Rows of a table, or events, that were counted before. */
  alreadyThere: number;
  /** Added to a window that had been judged. */
  late: number;
  /** Without a timestamp: in no window. */
  untimed: number;
  /** With a value that is not finite. */
  skipped: number;
  /** Records that services refused, by the code of the reason. */
  refused: Record<string, number>;
}

interface Intake {
  profile: Profile;
  model: FeatureModel;
  ledger: Ledger;
  ids: EventIds;
  columns: ColumnChoice;
  /** The end of the last window that was judged before this update. */
  judged: number;
  signal: AbortSignal | undefined;
  counted: Counted;
}

const READ = ['scores', 'targets', 'timestamps', 'statistics', 'eventIds', 'carried'] as const;

/** @param path a table, or a folder or bucket prefix of tables @throws DataError, DriftError, FileError */
export async function addEvents(path: string, intake: Intake): Promise<void> {
  const tables = await eventFiles(path, intake.columns.remote);
  for (const table of tables) refuseOwn(table, intake.ledger.folder);
  if (tables.length === 0) {
    throw new MonitorStateError('MONITOR_NO_EVENTS', `${path}: has neither events nor the state of a monitor`);
  }
  for (const table of tables) await addTable(table, intake);
}

/** @throws MonitorStateError `MONITOR_OWN_ROWS` */
function refuseOwn(table: string, folder: string): void {
  if (isUrl(table) || !resolve(table).startsWith(`${resolve(folder)}${sep}`)) return;
  const message = `${table}: a service recorded these rows into ${folder}, where they are counted`;
  throw new MonitorStateError('MONITOR_OWN_ROWS', message, { hint: 'Leave it out: monitor update STATE counts them.' });
}

async function addTable(path: string, intake: Intake): Promise<void> {
  const hash = await hashOf(path, intake.columns.remote);
  const known = intake.ledger.accounts.flatMap(({ files }) => files.find((file) => file.sha256 === hash) ?? [])[0];
  if (known !== undefined) {
    intake.counted.alreadyThere += known.rows;
    return;
  }
  const events = await openEvents(path, { ...intake.columns, knownClasses: intake.profile.classes });
  try {
    const table = new TableSums(path, intake);
    await table.read(events);
    const { rows, from, to } = table;
    const file = { path: isUrl(path) ? path : resolve(path), sha256: hash, rows, from, to };
    intake.ledger.own.addFile(file, table.sums());
    intake.ledger.own.facts.rejected += table.skipped + table.untimed;
    intake.counted.added += rows;
    intake.counted.skipped += table.skipped;
    intake.counted.untimed += table.untimed;
  } finally {
    await events.close();
  }
}

async function hashOf(path: string, remote: RemoteFiles | undefined): Promise<string> {
  const file = await openAnywhere(path, remote);
  try {
    return (await addToHash(sha256(), file)).digest('hex');
  } finally {
    await file.close();
  }
}

/** One table on its way into sums. */
class TableSums {
  rows = 0;
  skipped = 0;
  untimed = 0;
  from: number | null = null;
  to: number | null = null;
  readonly #path: string;
  readonly #intake: Intake;
  readonly #promise: StatePromise;
  readonly #windows: OpenWindows;

  constructor(path: string, intake: Intake) {
    this.#path = path;
    this.#intake = intake;
    this.#promise = intake.ledger.state.promise;
    this.#windows = new OpenWindows(intake.model);
  }

  async read(events: EventSource): Promise<void> {
    const path = this.#path;
    const { profile, signal } = this.#intake;
    const { by, group } = this.#promise;
    const schema = comparedSchema(profile, events.schema, path);
    checkTimes(events, path);
    const groups = await comparedGroups(group ?? undefined, profile.groups?.name ?? null, events, path);
    const facts = { groups, segments: rowSegments(by === null ? undefined : [by], schema, path) };
    let firstRow = 0;
    for await (const table of events.batches({ columns: READ })) {
      signal?.throwIfAborted();
      checkRows(path, table, schema, firstRow);
      const rowNumbers = Int32Array.from({ length: table.rows }, (_, i) => firstRow + i);
      firstRow += table.rows;
      await this.#add({ ...toDriftBatch(table, schema, facts), rowNumbers }, table.eventIds);
    }
    checkSkipped(path, this.rows, this.skipped);
  }

  async #add(batch: DriftBatch, eventIds: readonly (string | null)[]): Promise<void> {
    const { dimensions, classes } = this.#intake.profile;
    checkBatch(batch, dimensions, classes.length, this.#path);
    for (let row = 0; row < batch.embeddings.rows; row++) {
      const time = batch.timestamps?.[row] ?? null;
      if (time === null || Number.isNaN(new Date(time).getTime())) this.untimed++;
      else await this.#addRow(batch, row, time, eventIds[row] ?? null);
    }
  }

  async #addRow(batch: DriftBatch, row: number, time: number, id: string | null): Promise<void> {
    const { ids, counted, judged } = this.#intake;
    const start = windowStart(time, this.#promise.window);
    if (!ids.isReady(start)) await ids.ready(start);
    if (!ids.add(start, id)) {
      counted.alreadyThere++;
      return;
    }
    if (!isBatchRowUsable(batch, row)) {
      this.skipped++;
      return;
    }
    const { by } = this.#promise;
    this.#windows.add(start, batch, row, by === null ? null : (batch.segments?.[by]?.[row] ?? null));
    this.rows++;
    if (isLate(start, this.#promise.window, judged)) counted.late++;
    this.from = Math.min(this.from ?? time, time);
    this.to = Math.max(this.to ?? time, time);
  }

  sums(): ReadonlyMap<number, WindowSums> {
    return this.#windows.take();
  }
}

/** @throws MonitorStateError `MONITOR_NO_TIMES` */
function checkTimes({ schema }: EventSource, path: string): void {
  if (schema.hasTimestamps) return;
  throw new MonitorStateError('MONITOR_NO_TIMES', `${path}: has no column timestamp, so its rows are in no window`, {
    hint: 'Say when images were taken: image-drift embed --timestamp-from exif, or --timestamp 2026-11-25T12:00:00Z.',
  });
}
