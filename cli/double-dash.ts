/** `--` ends the flags, as in most programs: what follows are names of files, however they begin. */

/** The words without `--`. A name that follows it and begins with a dash gets its folder in front, so that it is no flag. */
export function withoutDoubleDash(words: readonly string[]): string[] {
  const at = words.indexOf('--');
  if (at < 0) return [...words];
  const names = words.slice(at + 1).map((word) => (/^-./.test(word) ? `./${word}` : word));
  return [...words.slice(0, at), ...names];
}
