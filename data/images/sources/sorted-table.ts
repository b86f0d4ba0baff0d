/** A table's listing as `buildListing` gives it, its rows sorted on the disk instead of in memory. */
import { dirname } from '#platform';
import { DataError } from '../../data-error.js';
import { ListingFacts } from './build-listing.js';
import { fileSetName } from './join-pieces.js';
import type { LabelOptions } from './labels.js';
import type { ImageListing } from './listing.js';
import { readyFor } from './remote.js';
import { SortedSpool } from './sorted-spool.js';
import { imageAt, keyAt, LABEL, type TableOptions } from './table.js';
import { imageColumn, openTableRows } from './table-rows.js';

type SpooledRow = readonly [key: string, index: number, value: unknown, ...rest: unknown[]];

/** @param path of a table on this machine @throws as `openListing` */
export async function openSortedTable(path: string, options: LabelOptions & TableOptions): Promise<ImageListing> {
  const table = await openTableRows(path, options.remote);
  const spool = new SortedSpool();
  try {
    const place = table.columns.indexOf(imageColumn(table.columns, options.imageColumn, path));
    const columns = table.columns.filter((_, i) => i !== place);
    const labelColumn = columns.includes(LABEL) ? LABEL : null;
    const facts = new ListingFacts({ where: path, columns, types: table.types ?? undefined, labelColumn }, options);
    const urls = new Map<string, string>();
    for await (const rows of table.batches()) {
      for (const row of rows) {
        const value = row[place];
        const key = keyAt(value, spool.count);
        const rest = row.filter((_, i) => i !== place);
        facts.add(key, rest);
        if (typeof value === 'string') noteUrl(value, urls);
        const full = spool.add([key, spool.count, value, ...rest.map(plain)]);
        if (full !== undefined) await full;
      }
    }
    await readyFor(urls.values(), options.remote);
    if (spool.count === 0) throw new DataError('IMAGES_NONE', `${path}: no rows`);
    const { entryOf, ...known } = facts.known();
    return {
      ...known,
      where: path,
      name: fileSetName(path),
      count: spool.count,
      origin: { folder: dirname(path) },
      async *entries(first = 0) {
        // The row before says whether the first one is there twice.
        let [last, isBefore] = [null as string | null, first > 0];
        for await (const records of spool.sorted(Math.max(0, first - 1))) {
          for (const record of records) {
            const [key, index, value, ...rest] = record as SpooledRow;
            const image = imageAt(value, index, path, options.remote);
            if (!isBefore) yield entryOf({ key, row: rest.map(unplain), image }, key === last);
            isBefore = false;
            last = key;
          }
        }
      },
      close: () => spool.close(),
    };
  } catch (error) {
    await spool.close();
    throw error;
  } finally {
    await table.close();
  }
}

const URL_KIND = /^(?:https?|s3):/i;

/** One URL of each kind: whether such can be read at all is found out once. */
function noteUrl(value: string, urls: Map<string, string>): void {
  const [kind] = URL_KIND.exec(value) ?? [];
  if (kind !== undefined && !urls.has(kind)) urls.set(kind, value);
}

type Named = { big: string } | { date: number } | { number: string };

/** Values of tables as JSON has them, and back: it has no dates, no NaN, and whole numbers only up to 2^53. */
export function plain(value: unknown): unknown {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value === 'bigint') return { big: String(value) } satisfies Named;
  if (value instanceof Date) return { date: value.getTime() } satisfies Named;
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { number: Object.is(value, -0) ? '-0' : String(value) } satisfies Named;
}

function unplain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('big' in value) return BigInt(String(value.big));
  if ('date' in value) return new Date(Number(value.date));
  return 'number' in value ? Number(value.number) : value;
}
