/** Where the labels of parquet with images in it stand, and what Hugging Face says of them. */
import { DataError } from '../../data-error.js';
import type { ParquetFooter } from '../../parquet/footer.js';
import type { LabelOptions } from './folder-labels.js';
import { LABEL } from './table.js';

/** @throws DataError `LABELS_COLUMN` */
export function labelColumn(names: readonly string[], { labels: asked }: LabelOptions, where: string): string | null {
  if (asked === null) return null;
  if (asked === undefined) return names.includes(LABEL) ? LABEL : null;
  const name = asked.replace(/^column:/, '');
  if (names.includes(name)) return name;
  throw new DataError('LABELS_COLUMN', `${where}: no column "${name}" of labels, there are ${names.join(', ')}`, {
    hint: '--labels takes none or the name of a column.',
  });
}

/** Names of Hugging Face's `ClassLabel`, whose order is their own; null where they are not the model's classes. */
export function huggingFaceClasses(
  { metadata }: ParquetFooter,
  column: string,
  classes: readonly string[],
): readonly string[] | null {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value;
  try {
    const names: unknown = JSON.parse(text ?? '')?.info?.features?.[column]?.names;
    const known = new Set(classes);
    const agrees = Array.isArray(names) && names.length > 0 && names.every((name) => known.has(name));
    return agrees ? (names as string[]) : null;
  } catch {
    // Not Hugging Face's, or damaged: numbers are then the model's class numbers.
    return null;
  }
}
