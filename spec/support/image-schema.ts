/** Schemas of parquet files with images in them, for hyparquet-writer. */

const OPTIONAL = { repetition_type: 'OPTIONAL' };
/** Hugging Face's struct of bytes and path, and a label. */
const IMAGE_AND_LABEL = [
  { name: 'image', num_children: 2, ...OPTIONAL },
  { name: 'bytes', type: 'BYTE_ARRAY', ...OPTIONAL },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL },
  { name: 'label', type: 'INT64', ...OPTIONAL },
];

/** @param texts names of columns of text behind image and label */
export function imageSchema(...texts: readonly string[]) {
  return [
    { name: 'root', num_children: 2 + texts.length },
    ...IMAGE_AND_LABEL,
    ...texts.map((name) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL })),
  ] as never;
}
