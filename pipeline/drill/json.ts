/**
 * The object that `drill --json` prints, and its reader. It is a contract: names are as printed, lists keep their order
 * (levels and sizes ascend), and unknown values are null, never absent.
 */
import * as z from 'zod';
import { csvToRead, issueWords, shown } from '../../base/index.js';
import type { Profile } from '../../drift/index.js';
import { readSmallText } from '../../files/index.js';
import type { DrillTable } from '../../report/index.js';
import { checkDrill } from '../report/build-report.js';
import { DrillError } from './drill-error.js';

/** Largest file that is read. A table of every corruption, level, method and size takes less than a tenth of it. */
const MAX_BYTES = 16 * 1024 * 1024;

const share = z.number().min(0).max(1).nullable();
const level = z.number().int().nullable();

/** Drills of before do not say it. */
const hash = z.string().nullable().default(null);

const drillSchema = z.object({
  profile_sha256: hash,
  weights_sha256: hash,
  images: z.number().int().min(0),
  alpha: z.number(),
  seed: z.number().int(),
  levels: z.array(z.number().int()),
  window_sizes: z.array(z.number().int().min(1)),
  windows: z.array(z.number().int().min(0)),
  clean: z.object({ accuracy: share, alarms: z.record(z.string(), z.array(share)) }),
  corruptions: z.array(
    z.object({
      name: z.string(),
      summary: z.string(),
      unit: z.string(),
      strengths: z.array(z.number()),
      accuracy: z.array(share),
      alarms: z.record(z.string(), z.array(z.array(share))),
      seen_from: z.record(z.string(), z.array(level)),
    }),
  ),
});

export type DrillJson = z.infer<typeof drillSchema>;

export function drillJson(table: DrillTable): DrillJson {
  const { images, alpha, seed, levels, windowSizes, windows, clean, rows } = table;
  return {
    profile_sha256: table.profileSha256,
    weights_sha256: table.weightsSha256,
    images,
    alpha,
    seed,
    levels: [...levels],
    window_sizes: [...windowSizes],
    windows: [...windows],
    clean: { accuracy: clean.accuracy, alarms: byMethod(clean.alarms, ({ shares }) => [...shares]) },
    corruptions: rows.map(({ corruption, summary, unit, strengths, accuracy, alarms, seenFrom }) => ({
      name: corruption,
      summary,
      unit,
      strengths: [...strengths],
      accuracy: [...accuracy],
      alarms: byMethod(alarms, ({ shares }) => shares.map((sizes) => [...sizes])),
      seen_from: byMethod(seenFrom, ({ levels: found }) => [...found]),
    })),
  };
}

/**
 * Reads `drill --json`.
 * @param profile refuses a drill of another one
 * @throws FileError; DrillError `DRILL_FILE_INVALID`, which names the place; DriftError `DRILL_OTHER_PROFILE`
 */
export async function readDrill(path: string, profile?: Profile): Promise<DrillTable> {
  const text = await readSmallText(path, MAX_BYTES, 'the table of a drill');
  const table = tableOf(parse(path, text));
  if (profile !== undefined) checkDrill(profile, table, path);
  return table;
}

function parse(path: string, text: string): DrillJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(path, `not JSON: ${shown((error as Error).message.slice(0, 100))}`);
  }
  const parsed = drillSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = shown(issue?.path.join('.') ?? '');
  throw invalid(path, `not what image-drift drill --json writes: ${place}: ${issueWords(issue?.message)}`);
}

function invalid(path: string, what: string): DrillError {
  const hint = 'Make it with image-drift drill … --json > drill.json.';
  return new DrillError('DRILL_FILE_INVALID', `${path}: ${what}`, { hint });
}

function tableOf({ profile_sha256, weights_sha256, window_sizes, clean, corruptions, ...rest }: DrillJson): DrillTable {
  return {
    ...rest,
    profileSha256: profile_sha256,
    weightsSha256: weights_sha256,
    windowSizes: window_sizes,
    clean: { accuracy: clean.accuracy, alarms: entries(clean.alarms, 'shares') },
    rows: corruptions.map(({ name, alarms, seen_from, ...row }) => ({
      ...row,
      corruption: name,
      alarms: entries(alarms, 'shares'),
      seenFrom: entries(seen_from, 'levels'),
    })),
  };
}

function byMethod<T extends { method: string }, V>(list: readonly T[], value: (entry: T) => V): Record<string, V> {
  return Object.fromEntries(list.map((entry) => [entry.method, value(entry)]));
}

function entries<V, K extends string>(byName: Record<string, V>, key: K): ({ method: string } & Record<K, V>)[] {
  return Object.entries(byName).map(
    ([method, value]) => ({ method, [key]: value }) as { method: string } & Record<K, V>,
  );
}

const COLUMNS = 'corruption level strength unit accuracy method window_size windows alarm_share';

/** The unchanged images come first, as corruption `none` of level 0. Unknown values are empty. */
export function drillCsv(table: DrillTable): string {
  return csvToRead(COLUMNS.split(' '), lines(table));
}

function* lines({ clean, rows, levels, windowSizes, windows }: DrillTable) {
  const none = { corruption: 'none', level: 0, strength: null, unit: null, accuracy: clean.accuracy };
  for (const { method, shares } of clean.alarms) yield* ofSizes({ ...none, method }, shares);
  for (const { corruption, strengths, unit, accuracy, alarms } of rows) {
    for (const [l, level] of levels.entries()) {
      const cell = { corruption, level, strength: strengths[l]!, unit, accuracy: accuracy[l] ?? null };
      for (const { method, shares } of alarms) yield* ofSizes({ ...cell, method }, shares[l] ?? []);
    }
  }

  function* ofSizes<T extends object>(cell: T, shares: readonly (number | null)[]) {
    for (const [s, size] of windowSizes.entries()) {
      yield { ...cell, window_size: size, windows: windows[s]!, alarm_share: shares[s] ?? null };
    }
  }
}
