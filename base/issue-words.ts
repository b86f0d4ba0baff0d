/** zod's names of types, in our words. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What zod says of a value of a wrong type, in words that a user knows: `a number is needed, an object is there`. Other messages stay. */
export function issueWords(message = 'does not fit'): string {
  const [, wanted, found] = /^Invalid input: expected (\w+), received (\w+)$/.exec(message) ?? [];
  if (wanted === undefined || found === undefined) return message.slice(0, 200);
  const needed = TYPES[wanted] ?? wanted;
  return found === 'undefined' ? `${needed} is missing` : `${needed} is needed, ${TYPES[found] ?? found} is there`;
}
