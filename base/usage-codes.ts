/**
 * Codes of errors that an argument causes, rather than a file. This is wrong usage wherever it is detected, and the
 * command exits with 2; see docs/exit-codes.md.
 */
export const USAGE_CODES: ReadonlySet<string> = new Set([
  'BACKBONE_AMBIGUOUS',
  'BACKEND_UNKNOWN',
  'BAD_OPTION',
  'CHECKPOINT_AMBIGUOUS',
  'CORRUPTION_UNKNOWN',
  'DRILL_OPTION',
  'EVENTS_FORMAT_UNKNOWN',
  'EVENTS_TAPS_NEED_NPZ',
  'FAULTS_INVALID',
  'HEAD_AMBIGUOUS',
  'HEAD_NOT_FOUND',
  'IGNORE_NOT_FOUND',
  'METHOD_UNKNOWN',
  'NO_METHODS',
  'OPTION_OUT_OF_RANGE',
  'OPTION_UNKNOWN',
  'PREFIX_NOT_FOUND',
  'PREPROCESSING_INVALID',
  'SHARD_INDEX',
  'SHARD_UNKNOWN',
  'TENSORS_LEFT_OUT',
  'THRESHOLD_AMBIGUOUS',
  'UNKNOWN_BACKBONE',
  'UNKNOWN_TAP',
  'WINDOW_LENGTH_UNKNOWN',
]);
