export { DataError } from './data-error.js';
export type { EventBatch, EventTableSchema } from './event.js';
export {
  checkEventSchema,
  isReservedColumn,
  type OptionalEventColumn,
  RESERVED_COLUMNS,
  RESERVED_PREFIXES,
} from './event-columns.js';
export { type EventFormat, eventFormat } from './event-format.js';
export { eventId } from './event-id.js';
export { EventWriter, type EventWriterOptions, openEventWriter } from './event-writer.js';
export { DEFAULT_IMAGE_URL_TEMPLATE, imageUrl } from './image-url.js';
