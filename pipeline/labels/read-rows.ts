/** Reads event tables as rows that may have labels. */
import type { CarriedValue, ColumnChoice } from '../../data/index.js';
import { type LabelRow, LabelRows, labelColumn, type Profile } from '../../drift/index.js';
import { checkRows, comparedSchema, toDriftBatch, withEvents } from '../measure/event-batches.js';
import { comparedGroups, rowGroups, rowSegments } from '../measure/row-groups.js';
import type { ThumbnailTable } from '../report/thumbnails.js';
import { LabelError } from './label-error.js';

export interface EventRow extends LabelRow {
  id: string | null;
  imageUrl: string | null;
  /** Key of the image's file. */
  imagePath: string | null;
  sha256: string | null;
  /** Whether each label holds; null where one class of all does. */
  holds: readonly boolean[] | null;
  /** Label of the table itself; null without one. */
  target: string | null;
  /** Values of the columns that were asked for, in their order. */
  segments: readonly (string | null)[];
  /** Index among the tables, and the row in it. */
  table: number;
  row: number;
}

export interface EventRows {
  rows: EventRow[];
  classes: readonly string[];
  /** Whether several of the classes may hold. */
  areSeveral: boolean;
  /** The tables, and what each says of its images. */
  tables: ThumbnailTable[];
  skipped: number;
}

export interface ReadOptions {
  profile?: Profile | undefined;
  columns?: ColumnChoice | undefined;
  group?: string | undefined;
  by?: readonly string[] | undefined;
}

const KEY_COLUMN = 'image_path';
const SHA_COLUMN = 'image_sha256';

/** @throws LabelError `LABELS_NO_SCORES`; DataError, FileError, DriftError, which name the table */
export async function readRows(paths: readonly string[], options: ReadOptions): Promise<EventRows> {
  const { profile = null, columns = {}, group, by } = options;
  const rows: EventRow[] = [];
  const tables: ThumbnailTable[] = [];
  let counter: LabelRows | null = null;
  let classes: readonly string[] = profile?.classes ?? [];
  let thresholds: readonly number[] | undefined;
  for (const [table, path] of paths.entries()) {
    await withEvents(path, { ...columns, knownClasses: classes }, async (events) => {
      const schema = profile === null ? events.schema : comparedSchema(profile, events.schema, path);
      if (schema.classes.length === 0) {
        throw new LabelError(
          'LABELS_NO_SCORES',
          `${path}: no class scores, so that no prediction can be right or wrong`,
        );
      }
      tables.push({ path, images: schema.images, rows: null });
      if (table === 0) [classes, thresholds] = [schema.classes, schema.thresholds];
      if (thresholds?.join() !== schema.thresholds?.join()) throw otherThresholds(path, paths[0]!);
      if (classes.join('\n') !== schema.classes.join('\n')) {
        const message = `${path}: ${schema.classes.length} classes, others than the ${classes.length} of ${paths[0]}`;
        throw new LabelError('LABELS_CLASSES_DIFFER', message);
      }
      const groups =
        profile === null
          ? await rowGroups(group, events, path)
          : await comparedGroups(group, profile.groups?.name ?? null, events, path);
      const segments = rowSegments(by, schema, path);
      counter ??= new LabelRows(profile, schema.dimensions, classes);
      let first = 0;
      for await (const batch of events.batches()) {
        checkRows(path, batch, schema, first);
        const read = toDriftBatch(batch, schema, { groups, segments });
        const found = counter.add(read, path);
        const held = thresholds && classes.map((label) => read.statistics![labelColumn('holds', label)]!);
        const names = [KEY_COLUMN, SHA_COLUMN].map((name) => batch.carried?.get(name));
        for (const [row, of] of found.entries()) {
          if (of === null) continue;
          const [imagePath, sha256] = names.map((values) => textOf(values?.[row]));
          rows.push({
            ...of,
            id: batch.eventIds[row] ?? null,
            imageUrl: batch.imageUrls[row] ?? null,
            ...{ imagePath: imagePath!, sha256: sha256! },
            holds: held?.map((values) => values[row] === 1) ?? null,
            target: batch.targets[row] ?? null,
            segments: (by ?? []).map((name) => read.segments?.[name]?.[row] ?? null),
            ...{ table, row: first + row },
          });
        }
        first += batch.rows;
      }
    });
  }
  const { skipped = 0 } = (counter as LabelRows | null) ?? {};
  return { rows, classes, areSeveral: thresholds !== undefined, tables, skipped };
}

function otherThresholds(path: string, first: string): LabelError {
  const message = `${path}: its labels hold from other scores on than those of ${first}, or only one of the two has several labels`;
  return new LabelError('LABELS_CLASSES_DIFFER', message);
}

function textOf(value: CarriedValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}
