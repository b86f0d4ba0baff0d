/** Not an error: how `--fail-on-drift` ends, after all has been printed. */
export class DriftFound extends Error {
  override readonly name = 'DriftFound';
  static readonly exitCode = 3;

  constructor(windows: readonly string[]) {
    super(`drift in ${windows.join(', ')}`);
  }
}
