/** Checks a body or a query against its schema. All problems become one 400 that lists them. */
import * as z from 'zod';
import { badRequest } from './envelope.js';

/** A request of a thousand events can repeat one mistake a thousand times. */
const MAX_LISTED = 20;

/** @throws ApiFailure 400 */
export function parsed<T extends z.ZodType>(schema: T, value: unknown, what = 'body'): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = result.error.issues
    .slice(0, MAX_LISTED)
    .map(({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : what}: ${message}`);
  throw badRequest(`Request validation failed: ${details[0]}`, details);
}

/** Largest page; Fiddler's client asks for 50. */
const MAX_PAGE = 1_000;

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(50),
  offset: z.coerce.number().int().min(0).default(0),
  filter: z.string().optional(),
  ordering: z.string().optional(),
});

/** What filters and orders can name: of an item, a value. */
export type Fields<T> = Readonly<Record<string, (item: T) => unknown>>;

/** Members of an item by their own names. */
export function members<T>(...names: (keyof T & string)[]): Fields<T> {
  return Object.fromEntries(names.map((name) => [name, (item: T) => item[name]]));
}

/** The `filter` of lists, as Fiddler's client writes it: rules on fields, joined by AND or OR. No rules: all items. */
const OPERATORS: Record<string, (field: unknown, value: unknown) => boolean> = {
  equal: (field, value) => field === value,
  not_equal: (field, value) => field !== value,
  any: (field, value) => Array.isArray(field) && field.includes(value),
  in: (field, value) => Array.isArray(value) && value.includes(field),
  not_in: (field, value) => Array.isArray(value) && !value.includes(field),
  less: (field, value) => compared(field, value, (order) => order < 0),
  less_or_equal: (field, value) => compared(field, value, (order) => order <= 0),
  greater: (field, value) => compared(field, value, (order) => order > 0),
  greater_or_equal: (field, value) => compared(field, value, (order) => order >= 0),
  begins_with: (field, value) => String(field).startsWith(String(value)),
  ends_with: (field, value) => String(field).endsWith(String(value)),
  contains: (field, value) => String(field).includes(String(value)),
  is_null: (field) => field === null || field === undefined,
  is_not_null: (field) => field !== null && field !== undefined,
};

function compared(a: unknown, b: unknown, test: (order: number) => boolean): boolean {
  if (typeof a === 'number' && typeof b === 'number') return test(a - b);
  return typeof a === 'string' && typeof b === 'string' && test(a < b ? -1 : a > b ? 1 : 0);
}

const Filter = z.object({
  condition: z.enum(['AND', 'OR']).default('AND'),
  rules: z.array(z.object({ field: z.string(), operator: z.string(), value: z.unknown().optional() })),
});

/** @param text the `filter` parameter, JSON @param fields the fields of an item that rules can use */
export function filtered<T>(items: readonly T[], text: string | undefined, fields: Fields<T>): T[] {
  if (text === undefined) return [...items];
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw badRequest('filter: is not JSON');
  }
  const { condition, rules } = parsed(Filter, json, 'filter');
  if (rules.length === 0) return [...items];
  const tests = rules.map(({ field, operator, value }) => {
    const of = Object.hasOwn(fields, field) ? fields[field] : undefined;
    const test = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (of === undefined) throw badRequest(`filter: unknown field ${field}`);
    if (test === undefined) throw badRequest(`filter: unknown operator ${operator}`);
    return (item: T) => test(of(item), value);
  });
  return items.filter((item) =>
    condition === 'AND' ? tests.every((test) => test(item)) : tests.some((test) => test(item)),
  );
}

/** @param text the `ordering` parameter: names of fields with commas between them, descending with `-` before them */
export function ordered<T>(items: readonly T[], text: string | undefined, fields: Fields<T>): T[] {
  const orders = (text ?? '')
    .split(',')
    .filter(Boolean)
    .map((word) => {
      const name = word.replace(/^-/, '');
      const of = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (of === undefined) throw badRequest(`ordering: unknown field ${name}`);
      return { of, sign: word.startsWith('-') ? -1 : 1 };
    });
  const order = (a: T, b: T) => {
    for (const { of, sign } of orders) {
      if (compared(of(a), of(b), (by) => by < 0)) return -sign;
      if (compared(of(a), of(b), (by) => by > 0)) return sign;
    }
    return 0;
  };
  return [...items].sort(order);
}
