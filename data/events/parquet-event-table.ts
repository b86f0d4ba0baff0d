import type { RandomAccess } from '../../files/index.js';
import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import { carriedType, FlatColumn, isFlat, isNumeric, listLevel, listsIn, onlyLeaf } from '../parquet/columns.js';
import type { ParquetFooter } from '../parquet/footer.js';
import type { SchemaTree } from '../parquet/hyparquet.js';
import { ParquetColumn } from '../parquet/pages.js';
import { ReadAhead } from '../parquet/read-ahead.js';
import { firstVectorLength, VectorColumn, WideVectors } from '../parquet/vectors.js';
import { checkColumnsOnce, MAX_COLUMNS, tooManyColumns } from '../rows/row-table.js';
import { type EmbeddingColumn, embeddingColumn } from './column-roles.js';
import { MAX_DIMENSIONS } from './event-columns.js';

export class ParquetEventTable {
  readonly names: readonly string[];
  readonly #nodes: ReadonlyMap<string, SchemaTree>;
  readonly #file: RandomAccess;
  readonly #pages: ReadAhead;
  readonly footer: ParquetFooter;

  constructor(file: RandomAccess, footer: ParquetFooter) {
    this.#file = file;
    this.#pages = new ReadAhead(file);
    this.footer = footer;
    this.names = footer.root.children.map(({ element }) => element.name);
    if (this.names.length > MAX_COLUMNS) throw tooManyColumns(file.path, this.names.length);
    checkColumnsOnce(file.path, this.names);
    this.#nodes = new Map(footer.root.children.map((node) => [node.element.name, node]));
  }

  /** @throws DataError `EVENTS_COLUMN_TYPE` when the column is nested */
  flat(name: string): FlatColumn {
    const node = this.#nodes.get(name) as SchemaTree;
    if (!isFlat(node)) {
      throw new DataError(
        'EVENTS_COLUMN_TYPE',
        `${this.#file.path} column ${name}: is nested, single values are needed`,
      );
    }
    return new FlatColumn(this.#column([this.footer.root, node]));
  }

  isNumeric(name: string): boolean {
    const node = this.#nodes.get(name);
    return node !== undefined && isFlat(node) && isNumeric(node.element);
  }

  carried(name: string): CarriedColumn {
    const node = this.#nodes.get(name) as SchemaTree;
    return { name, type: isFlat(node) ? carriedType(node.element) : 'other' };
  }

  /** @throws DataError `EVENTS_NO_EMBEDDINGS`, `EVENTS_COLUMN_MISSING`, `EVENTS_COLUMN_TYPE` */
  embedding(wanted: string | undefined): EmbeddingColumn {
    const vectors = this.footer.root.children.filter((node) => this.#vectorPath(node) !== null);
    const found = embeddingColumn(
      this.#file.path,
      wanted,
      this.names,
      vectors.map(({ element }) => element.name),
    );
    for (const name of found.columns) {
      const node = this.#nodes.get(name) as SchemaTree;
      if (found.isWide ? this.isNumeric(name) : this.#vectorPath(node) !== null) continue;
      const needed = found.isWide ? 'a number' : 'a list of FLOAT or DOUBLE';
      throw new DataError(
        'EVENTS_COLUMN_TYPE',
        `${this.#file.path} column ${name}: is ${described(this.footer.root, node)}, ${needed} is needed`,
      );
    }
    return found;
  }

  /** @param known length of a vector, where the file's metadata tells; 0 where the first row has no values */
  async dimensions(embedding: EmbeddingColumn, known: number | undefined): Promise<number> {
    if (embedding.isWide) return embedding.columns.length;
    if (known !== undefined) return known;
    const path = this.#pathOf(embedding);
    return firstVectorLength(this.#column(path), listLevel(path), MAX_DIMENSIONS);
  }

  vectors(embedding: EmbeddingColumn, dimensions: number): Pick<VectorColumn, 'take'> {
    const { name, columns, isWide } = embedding;
    if (isWide) {
      return new WideVectors(
        columns.map((column) => this.flat(column)),
        columns,
        this.#file.path,
      );
    }
    const path = this.#pathOf(embedding);
    return new VectorColumn(this.#column(path), dimensions, `${this.#file.path} ${name}`, listLevel(path));
  }

  #pathOf({ name }: EmbeddingColumn): SchemaTree[] {
    return this.#vectorPath(this.#nodes.get(name) as SchemaTree) as SchemaTree[];
  }

  /** The nodes from the root down to the values of a list of numbers; null for any other column. */
  #vectorPath(node: SchemaTree): SchemaTree[] | null {
    const path = onlyLeaf(this.footer.root, node);
    const element = path?.at(-1)?.element;
    return path !== null && listsIn(path) === 1 && element !== undefined && isNumeric(element) ? path : null;
  }

  #column(path: readonly SchemaTree[]): ParquetColumn {
    return new ParquetColumn(this.#pages, this.footer.metadata, path);
  }
}

function described(root: SchemaTree, node: SchemaTree): string {
  const path = onlyLeaf(root, node);
  return path === null ? 'a struct' : `${path.at(-1)?.element.type} in ${listsIn(path)} lists`;
}
