/** A list of images as a dataset of FiftyOne, in the format of `Dataset.from_json`. Images without a file have no place in it. */
import type { UnlikeRow } from '../../image-data.js';

const FIELDS = 'fiftyone.core.fields';
const CLASSIFICATION = `${FIELDS}.EmbeddedDocumentField(fiftyone.core.labels.Classification)`;

/** `from_json` refuses a sample with a field that is not declared. */
const SAMPLE_FIELDS = {
  rank: `${FIELDS}.IntField`,
  distance: `${FIELDS}.FloatField`,
  baseline_share: `${FIELDS}.FloatField`,
  nearest_baseline_row: `${FIELDS}.IntField`,
  event_id: `${FIELDS}.StringField`,
  predicted: CLASSIFICATION,
  ground_truth: CLASSIFICATION,
};

export function fiftyOneList(window: string, rows: readonly UnlikeRow[]): string {
  const samples = rows.flatMap((row, i) => (row.location === null ? [] : [sample(window, row, row.location, i + 1)]));
  return `${JSON.stringify({ name: `image-drift ${window}`, media_type: 'image', sample_fields: SAMPLE_FIELDS, samples }, null, 1)}\n`;
}

function sample(
  window: string,
  row: UnlikeRow,
  filepath: string,
  rank: number,
): Record<keyof typeof SAMPLE_FIELDS, unknown> & { filepath: string; tags: string[] } {
  return {
    filepath,
    tags: ['image-drift', window],
    rank,
    distance: row.distance,
    baseline_share: row.share,
    nearest_baseline_row: row.nearestRow,
    event_id: row.eventId,
    predicted: classification(row.image.predicted, row.confidence),
    ground_truth: classification(row.image.target, null),
  };
}

function classification(label: string | null, confidence: number | null): object | null {
  return label === null ? null : { _cls: 'Classification', label, ...(confidence === null ? {} : { confidence }) };
}
