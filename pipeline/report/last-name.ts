/** The last name of a path or an address: what is left of it where paths are not to be shown. */
export function lastName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}
