/** Ends `verify` after everything is printed, if the server's numbers differ from ours. Not an error. */
export class NumbersDiffer extends Error {
  override readonly name = 'NumbersDiffer';
  static readonly exitCode = 3;

  constructor(bins: readonly string[]) {
    super(`the server has other numbers for ${bins.join(', ')}`);
  }
}
