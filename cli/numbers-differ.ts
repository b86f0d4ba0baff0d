/** Not an error: how `verify` ends, after all has been printed, when the server's numbers are not ours. */
export class NumbersDiffer extends Error {
  override readonly name = 'NumbersDiffer';
  static readonly exitCode = 3;

  constructor(bins: readonly string[]) {
    super(`the server has other numbers for ${bins.join(', ')}`);
  }
}
