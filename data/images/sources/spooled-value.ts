/** Values of tables as JSON has them, and back: it has no dates, no NaN, and whole numbers only up to 2^53. */

type Named = { big: string } | { date: number } | { number: string };

export function plain(value: unknown): unknown {
  if (typeof value === 'string' || value === null) return value;
  if (typeof value === 'bigint') return { big: String(value) } satisfies Named;
  if (value instanceof Date) return { date: value.getTime() } satisfies Named;
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { number: Object.is(value, -0) ? '-0' : String(value) } satisfies Named;
}

export function unplain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('big' in value) return BigInt(String(value.big));
  if ('date' in value) return new Date(Number(value.date));
  return 'number' in value ? Number(value.number) : value;
}
