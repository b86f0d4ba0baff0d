export type { EventBatch, EventTableSchema } from './event.js';
