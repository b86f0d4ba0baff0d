/** The command as it was typed, for the report; of paths only the last name, where they are not to be shown. */
export function commandLine(redactPaths: boolean): string {
  const words = process.argv.slice(2);
  const shown = redactPaths
    ? words.map((word) => word.replace(/[^=]*[\\/](?=[^\\/])/, '').replace(/[\\/]+$/, ''))
    : words;
  return `image-drift ${shown.join(' ')}`;
}
