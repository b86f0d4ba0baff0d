/** Tables of a service's rows: their names say which times they have, and whose they are. */
import { join, listFolder } from '#platform';
import { isThere } from '../../files/index.js';

export const ROWS_FOLDER = 'rows';

/** First and last timestamp, ms since 1970. */
export interface PartTimes {
  from: number;
  to: number;
}

export function partName({ from, to }: PartTimes, recorder: string, number: number): string {
  return `${from}-${to}.${recorder}.${number}.parquet`;
}

/** Null for another file. */
export function partTimes(name: string): PartTimes | null {
  const [, from, to] = /^(-?\d+)-(-?\d+)\.[\w-]+\.\d+\.parquet$/.exec(name) ?? [];
  return from === undefined ? null : { from: Number(from), to: Number(to) };
}

/** Those with rows from one moment to before another. @param state folder of the monitor */
export async function partsBetween(state: string, from: number, to: number): Promise<string[]> {
  const folder = join(state, ROWS_FOLDER);
  if (!(await isThere(folder))) return [];
  const names = (await listFolder(folder)).map(({ name }) => name).sort();
  return names.flatMap((name) => {
    const times = partTimes(name);
    return times !== null && times.from < to && times.to >= from ? [join(folder, name)] : [];
  });
}
