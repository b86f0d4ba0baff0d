/** A parquet column of lists as one array a row, of any length; null for a null list, and within for a null element. */
import type { Page, ParquetColumn } from './pages.js';

export class ListColumn {
  readonly #pages: AsyncGenerator<Page, void, undefined>;
  #page: Page | null = null;
  #entry = 0;
  #value = 0;
  readonly #column: ParquetColumn;
  readonly #repeatedLevel: number;

  /** @param repeatedLevel the definition level from which on an entry stands for an element */
  constructor(column: ParquetColumn, repeatedLevel: number) {
    this.#column = column;
    this.#repeatedLevel = repeatedLevel;
    this.#pages = column.pages();
  }

  /** The next `count` rows, fewer only at the end. */
  async take(count: number): Promise<(unknown[] | null)[]> {
    const { maxDefinition } = this.#column;
    const taken: (unknown[] | null)[] = [];
    for (;;) {
      const page = await this.#currentPage();
      if (page === null) return taken;
      for (; this.#entry < page.entries; this.#entry++) {
        const level = page.definition[this.#entry] as number;
        if (page.repetition[this.#entry] === 0) {
          if (taken.length === count) return taken;
          taken.push(level < this.#repeatedLevel - 1 ? null : []);
        }
        if (level < this.#repeatedLevel) continue;
        // A damaged first entry that claims to go on has no row to go on with: the readers above count rows.
        taken.at(-1)?.push(level === maxDefinition ? page.values[this.#value++] : null);
      }
    }
  }

  async #currentPage(): Promise<Page | null> {
    while (this.#page === null || this.#entry === this.#page.entries) {
      const next = await this.#pages.next();
      if (next.done) return null;
      this.#page = next.value;
      this.#entry = 0;
      this.#value = 0;
    }
    return this.#page;
  }
}
