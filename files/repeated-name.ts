/** Brackets, and strings with the colon that makes them names. */
const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;

/** A name that one object of a JSON text has twice: `JSON.parse` silently keeps the last. Null if there is none. @param text valid JSON */
export function repeatedName(text: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, colon = ''] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== '') {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names?.has(name)) return name;
      names?.add(name);
    }
  }
  return null;
}
