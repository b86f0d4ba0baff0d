/** Text from a file, made safe for a message and a terminal, and not too long for either. */
const MAX_SHOWN = 200;

/** In quotes, with every control character as an escape: `"os\\u000a"`. */
export function quoted(text: string): string {
  const json = JSON.stringify(text.slice(0, MAX_SHOWN));
  return json.replace(/\p{Cc}/gu, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same without the quotes, for names that are expected to be harmless. */
export function shown(text: string): string {
  return quoted(text).slice(1, -1);
}
