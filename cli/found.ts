/** Ends a command after everything is printed: drift with `--fail-on-drift`, or a server with other numbers. Not an error. */
export class Found extends Error {
  override readonly name = 'Found';
  static readonly exitCode = 3;
}
