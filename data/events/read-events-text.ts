/** Events from csv and jsonl. */
import { openCsvRows } from '../rows/csv-rows.js';
import { openJsonlRows } from '../rows/jsonl-rows.js';
import type { EventSource, OpenEventsOptions } from './event-source.js';
import { openRowEvents } from './read-events-rows.js';

export function openCsvEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openCsvRows, options);
}

export function openJsonlEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openJsonlRows, options);
}
