import type { CarriedColumn } from '../carried.js';
import type { SchemaElement, SchemaTree } from './hyparquet.js';
import type { Page, ParquetColumn } from './pages.js';

export function isFlat({ children, element }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED';
}

/** DuckDB makes DECIMAL of numbers written into a query. */
function isFloat(element: SchemaElement): boolean {
  return (
    element.type === 'FLOAT' ||
    element.type === 'DOUBLE' ||
    element.converted_type === 'DECIMAL' ||
    element.logical_type?.type === 'FLOAT16'
  );
}

export function isNumeric(element: SchemaElement): boolean {
  return isFloat(element) || element.type === 'INT32' || element.type === 'INT64';
}

const TEXTS: readonly string[] = ['UTF8', 'ENUM', 'JSON', 'STRING'];

export function carriedType(element: SchemaElement): CarriedColumn['type'] {
  const { type, converted_type: converted = '', logical_type: logical } = element;
  if (type === 'INT96' || logical?.type === 'TIMESTAMP' || /^(TIMESTAMP|DATE)/.test(converted)) return 'timestamp';
  if (isFloat(element)) return 'float';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'INT32' || type === 'INT64') return 'integer';
  return isText(element) ? 'string' : 'other';
}

function isText({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return TEXTS.includes(converted ?? '') || TEXTS.includes(logical?.type ?? '');
}

export function isBinary(element: SchemaElement): boolean {
  return element.type === 'BYTE_ARRAY' && !isText(element);
}

/** The nodes from the root to the only leaf of a top-level column; null when it has several (a struct, a map). */
export function onlyLeaf(root: SchemaTree, column: SchemaTree): SchemaTree[] | null {
  const path = [root, column];
  for (let node = column; node.children.length > 0; ) {
    if (node.children.length > 1) return null;
    node = node.children[0] as SchemaTree;
    path.push(node);
  }
  return path;
}

export function listsIn(path: readonly SchemaTree[]): number {
  return path.filter(({ element }) => element.repetition_type === 'REPEATED').length;
}

/** The definition level from which on an entry is an element of the list. */
export function listLevel(path: readonly SchemaTree[]): number {
  const list = path.findIndex(({ element }) => element.repetition_type === 'REPEATED');
  return path.slice(1, list + 1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length;
}

export class Entries {
  /** The page of the next entry; null before the first, and behind the last. */
  page: Page | null = null;
  /** Places in the page: of the next entry, and of the next value. */
  entry = 0;
  value = 0;
  readonly #pages: AsyncGenerator<Page, void, undefined>;

  constructor(column: ParquetColumn, firstGroup = 0) {
    this.#pages = column.pages(firstGroup);
  }

  /** The page that has the next entry; null where none is left. */
  async next(): Promise<Page | null> {
    if (this.page !== null && this.entry < this.page.entries) return this.page;
    const { done, value } = await this.#pages.next();
    this.page = done ? null : value;
    this.entry = 0;
    this.value = 0;
    return this.page;
  }
}

export class FlatColumn {
  readonly #entries: Entries;
  readonly #maxDefinition: number;

  constructor(column: ParquetColumn, firstGroup = 0) {
    this.#entries = new Entries(column, firstGroup);
    this.#maxDefinition = column.maxDefinition;
  }

  async take(count: number): Promise<unknown[]> {
    const [at, most] = [this.#entries, this.#maxDefinition];
    const taken: unknown[] = [];
    while (taken.length < count) {
      const page = await at.next();
      if (page === null) break;
      const end = Math.min(page.entries, at.entry + count - taken.length);
      for (; at.entry < end; at.entry++) {
        const isPresent = most === 0 || page.definition[at.entry] === most;
        taken.push(isPresent ? page.values[at.value++] : null);
      }
    }
    return taken;
  }
}

/** A column of lists as one array a row, of any length; null for a null list, and within for a null element. */
export class ListColumn {
  readonly #entries: Entries;
  readonly #maxDefinition: number;
  readonly #listLevel: number;

  constructor(column: ParquetColumn, level: number) {
    this.#entries = new Entries(column);
    this.#maxDefinition = column.maxDefinition;
    this.#listLevel = level;
  }

  /** The next `count` rows, fewer only at the end. */
  async take(count: number): Promise<(unknown[] | null)[]> {
    const at = this.#entries;
    const taken: (unknown[] | null)[] = [];
    for (let page = await at.next(); page !== null; page = await at.next()) {
      for (; at.entry < page.entries; at.entry++) {
        const level = page.definition[at.entry] as number;
        if (page.repetition[at.entry] === 0) {
          if (taken.length === count) return taken;
          taken.push(level < this.#listLevel - 1 ? null : []);
        }
        if (level < this.#listLevel) continue;
        // A damaged first entry that claims to go on has no row to go on with: the readers above count rows.
        taken.at(-1)?.push(level === this.#maxDefinition ? page.values[at.value++] : null);
      }
    }
    return taken;
  }
}
