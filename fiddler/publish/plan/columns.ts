/**
 * Which columns of an event table a model is sent, under which names, by the model's spec, as in the recordings of the
 * official client (044, 069): embeddings, a column a class, target, image_url, timestamp; then the event's id. Other
 * columns are not sent, since Fiddler would drop them without a word.
 */
import { type CarriedValue, type EventTableSchema, isEmbedsColumn, statisticColumn } from '../../../data/index.js';
import type { DataType, Model } from '../../client/index.js';
import { PublishError } from '../publish-error.js';

export interface SentColumns {
  embeddings: string;
  /** The table's classes in its order, which are the names of their columns; that the model has them is validated. */
  classes: readonly string[];
  target: string | null;
  imageUrl: string | null;
  /** Null for a baseline, whose events have no time. */
  timestamp: string | null;
  /** Null where the model has no column of event ids: then a lost answer cannot be looked up. */
  eventId: string | null;
  /** Statistics of the images, by their own names. */
  statistics: readonly string[];
  /** Further columns that the model has. */
  metadata: readonly SentMetadata[];
}

/** A column that is carried along into the model's metadata. */
export type SentMetadata = MetadataColumn & { isTime: boolean };

/** @throws PublishError `PUBLISH_NO_VECTOR`, `PUBLISH_NO_TIMESTAMP_COLUMN` for a model that takes no image events */
export function sentColumns(
  model: Model,
  schema: EventTableSchema,
  { production, statistics }: { production: boolean; statistics: boolean },
): SentColumns {
  const known = new Set(model.schema.columns.map(({ name }) => name));
  const embeddings = vectorColumn(model);
  const timestamp = model.event_ts_col ?? null;
  if (production && timestamp === null) {
    const hint = 'Without one every event would be filed under the time of its arrival; onboard the model with one.';
    throw new PublishError('PUBLISH_NO_TIMESTAMP_COLUMN', `model ${model.name}: has no event_ts_col`, { hint });
  }
  const { sent } = metadataColumns(model, schema);
  const times = timeColumns(schema);
  return {
    embeddings,
    classes: schema.classes,
    target: schema.hasTargets ? (model.spec.targets[0] ?? null) : null,
    imageUrl: schema.hasImageUrls ? imageUrlColumn(model, embeddings, known) : null,
    timestamp: production ? timestamp : null,
    eventId: model.event_id_col ?? null,
    statistics: statistics ? schema.statistics.filter((name) => known.has(statisticColumn(name))) : [],
    metadata: sent.map((column) => ({ ...column, isTime: times.has(column.name) })),
  };
}

export function vectorColumn(model: Model): string {
  const vectors = model.schema.columns.filter(({ data_type }) => data_type === 'vector').map(({ name }) => name);
  const found = vectors.includes('embeddings') ? 'embeddings' : vectors[0];
  if (found === undefined || (vectors.length > 1 && found !== 'embeddings')) {
    const message = `model ${model.name}: ${vectors.length} vector columns${vectors.length > 1 ? ` (${vectors.slice(0, 5).join(', ')}), none called embeddings` : ''}`;
    const hint = 'Is this a model of images, onboarded with embeddings?';
    throw new PublishError('PUBLISH_NO_VECTOR', message, { hint });
  }
  return found;
}

function imageUrlColumn(model: Model, embeddings: string, known: ReadonlySet<string>): string | null {
  for (const feature of model.spec.custom_features ?? []) {
    const { column, source_column: source } = feature as { column?: unknown; source_column?: unknown };
    if (column === embeddings && typeof source === 'string') return source;
  }
  return known.has('image_url') ? 'image_url' : null;
}

/** Bytes that a row takes in an uploaded file, roughly and rather too many: doubles hardly compress. */
export function rowBytes({ dimensions, classes }: Pick<EventTableSchema, 'dimensions' | 'classes'>): number {
  const TEXT_BYTES = 160;
  return dimensions * 8 + classes.length * 4 + TEXT_BYTES;
}

export interface MetadataColumn {
  name: string;
  /** Type of the model's column. */
  type: DataType;
}

/** A value that the model's column cannot take. */
export const MISFIT = Symbol('misfit');

/** Also as text: in a csv file with a word among them all values are text. */
const WHOLE = /^-?\d{1,18}$/;
const NUMBER = /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUTH = /^(true|false)$/i;

const TYPES: readonly string[] = ['int', 'float', 'str', 'bool', 'category', 'timestamp'] satisfies DataType[];

/** The carried columns that the model knows, and those of the user's that it does not. */
export function metadataColumns(
  { schema: { columns } }: Model,
  { carried = [] }: EventTableSchema,
): { sent: MetadataColumn[]; leftOut: string[] } {
  const types = new Map(columns.map(({ name, data_type }) => [name, data_type]));
  const sent = carried.flatMap(({ name, type }): MetadataColumn[] => {
    const known = types.get(name);
    return type !== 'other' && known !== undefined && TYPES.includes(known) ? [{ name, type: known as DataType }] : [];
  });
  const names = new Set(sent.map(({ name }) => name));
  const leftOut = carried.filter((column) => !isEmbedsColumn(column) && !names.has(column.name));
  return { sent, leftOut: leftOut.map(({ name }) => name) };
}

/**
 * @param isTime whether numbers are times, which a column of text has as ISO 8601
 * @returns a bigint for `int`, a number for `float` and, in milliseconds, `timestamp`, else as named
 */
export function metadataValue(
  type: DataType,
  value: CarriedValue | undefined,
  isTime = false,
): CarriedValue | typeof MISFIT {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'int':
      return WHOLE.test(String(value)) && typeof value !== 'boolean' ? BigInt(value) : MISFIT;
    case 'float':
      return NUMBER.test(String(value)) && typeof value !== 'boolean' ? Number(value) : MISFIT;
    case 'bool':
      return TRUTH.test(String(value)) ? /^true$/i.test(String(value)) : MISFIT;
    case 'timestamp':
      return isTime && typeof value === 'number' ? Math.trunc(value) : MISFIT;
    default:
      return isTime && typeof value === 'number' ? new Date(value).toISOString() : String(value);
  }
}

export function timeColumns({ carried = [] }: EventTableSchema): ReadonlySet<string> {
  return new Set(carried.filter(({ type }) => type === 'timestamp').map(({ name }) => name));
}
