/** Adds, changes and deletes events, and updates the counts. Call within a transaction. */
import { binningsOf } from '../metrics/binning.js';
import { type EventRow, isMissing, type Scalar, scalarOf, textOf } from '../model/values.js';
import type { CountChange } from '../store/events.js';
import type { Store } from '../store/store.js';
import type { Model } from '../store/tables.js';

const HOUR = 3_600_000;

/** @returns the events that were stored: all of them, or with `deduplicate` only events with a new id */
export function addEvents(
  store: Store,
  model: Model,
  envId: string,
  events: readonly EventRow[],
  deduplicate: boolean,
): readonly EventRow[] {
  const added = deduplicate && model.event_id_col !== null ? withoutKnown(store, envId, events) : events;
  store.events.insert(envId, added);
  store.events.changeCounts(envId, countChanges(model, added, 1));
  return added;
}

function withoutKnown(store: Store, envId: string, events: readonly EventRow[]): EventRow[] {
  const seen = new Set<string>();
  return events.filter(({ eventId }) => {
    if (seen.has(eventId) || store.events.has(envId, eventId)) return false;
    seen.add(eventId);
    return true;
  });
}

export function deleteEvents(store: Store, model: Model, envId: string, events: readonly EventRow[]): void {
  store.events.delete(events);
  store.events.changeCounts(envId, countChanges(model, events, -1));
}

/** Sets targets, decisions and metadata by event id; other columns cannot change. @returns ids of changed events */
export function updateEvents(
  store: Store,
  model: Model,
  envId: string,
  rows: readonly ((name: string) => unknown)[],
): string[] {
  const { targets, decisions, metadata } = model.spec;
  const idColumn = model.event_id_col as string;
  const names = new Set([...targets, ...decisions, ...metadata]);
  const columns = model.schema.columns.filter(
    ({ name, data_type }) => names.has(name) && name !== idColumn && data_type !== 'vector',
  );
  const ids: string[] = [];
  for (const cell of rows) {
    const id = cell(idColumn);
    if (isMissing(id)) continue;
    const before = store.events.byId(envId, textOf(id) as string);
    const changed: Record<string, Scalar> = {};
    for (const column of columns) {
      const value = cell(column.name);
      if (value !== undefined) changed[column.name] = isMissing(value) ? null : scalarOf(column, value);
    }
    const after = before.map((event) => ({ ...event, fields: { ...event.fields, ...changed } }));
    store.events.update(after);
    store.events.changeCounts(envId, [...countChanges(model, before, -1), ...countChanges(model, after, 1)]);
    if (before.length > 0) ids.push(textOf(id) as string);
  }
  return ids;
}

/** Counts all events again, after a change of the model's schema or centroids. */
export function recount(store: Store, model: Model): void {
  for (const { id } of store.environments.list({ model_id: model.id })) {
    store.events.clearCounts(id);
    store.events.changeCounts(id, countChanges(model, store.events.list({ envId: id, vectors: true }), 1));
  }
}

function countChanges(model: Model, events: readonly EventRow[], by: 1 | -1): CountChange[] {
  const changes = new Map<string, CountChange>();
  for (const { id: feature, binsOf } of binningsOf(model)) {
    const bins = binsOf(events);
    for (const [i, { time }] of events.entries()) {
      const bin = bins[i]!;
      if (bin < 0) continue;
      const hour = Math.floor(time / HOUR);
      const key = `${hour} ${bin} ${feature}`;
      const known = changes.get(key);
      if (known) known.by += by;
      else changes.set(key, { feature, hour, bin, by });
    }
  }
  return [...changes.values()];
}
