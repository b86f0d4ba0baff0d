/** Ends a run with `--fail-on-drift` after everything is printed. Not an error. */
export class DriftFound extends Error {
  override readonly name = 'DriftFound';
  static readonly exitCode = 3;

  constructor(windows: readonly string[]) {
    super(`drift in ${windows.join(', ')}`);
  }
}
