/** Ends a command after all is printed: drift with `--fail-on-drift`, a server with other numbers. Not an error. */
export class Found extends Error {
  override readonly name = 'Found';
  static readonly exitCode = 3;
}
