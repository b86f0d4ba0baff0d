/** A stored event: its time, its scalars as JSON values, its vectors as float32. */
export type Scalar = string | number | boolean | null;

export interface EventRow {
  /** Row number in the store; absent before the event is stored. */
  row?: number;
  eventId: string;
  /** Milliseconds since 1970. */
  time: number;
  /** Keys are columns. Null and unreadable values are absent. */
  fields: Record<string, Scalar>;
  /** Keys are columns. */
  vectors: Map<string, Float32Array>;
}
