/** One event as it is stored: scalars as JSON has them, vectors as float32, and when it happened. */
export type Scalar = string | number | boolean | null;

export interface EventRow {
  /** Its place in the store; absent before it is there. */
  row?: number;
  eventId: string;
  /** Milliseconds since 1970. */
  time: number;
  /** By column; what was null or could not be read is absent. */
  fields: Record<string, Scalar>;
  /** By column. */
  vectors: Map<string, Float32Array>;
}
