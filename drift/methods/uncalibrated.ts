import type { MethodResult } from './method.js';

/** A value against a profile that says nothing of how it varies. */
export function uncalibrated(value: number): MethodResult {
  return { value, low: null, high: null, band: null, p: null, sensitivity: null };
}
