/**
 * Codes of errors that an argument causes, not a file: wrong usage, wherever it is found out. Commands end with 2 then; see
 * docs/exit-codes.md.
 */
export const USAGE_CODES: ReadonlySet<string> = new Set([
  'BACKEND_UNKNOWN',
  'BAD_OPTION',
  'CORRUPTION_UNKNOWN',
  'DRILL_OPTION',
  'EVENTS_FORMAT_UNKNOWN',
  'EVENTS_TAPS_NEED_NPZ',
  'FAULTS_INVALID',
  'METHOD_UNKNOWN',
  'NO_METHODS',
  'OPTION_OUT_OF_RANGE',
  'PREPROCESSING_INVALID',
  'THRESHOLD_AMBIGUOUS',
  'UNKNOWN_BACKBONE',
  'UNKNOWN_TAP',
  'WINDOW_LENGTH_UNKNOWN',
]);
