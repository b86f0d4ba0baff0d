/**
 * Naming rules (docs.fiddler.ai, naming-convention guidelines): a–z first, then a–z, 0–9 and `_`, and a length.
 * Some servers accept other names, so this check only warns.
 */
export type NamedKind = 'project' | 'model' | 'baseline' | 'webhook';

const LENGTHS: Record<NamedKind, { min: number; max: number }> = {
  project: { min: 2, max: 32 },
  model: { min: 2, max: 30 },
  baseline: { min: 3, max: 256 },
  webhook: { min: 2, max: 127 },
};

export interface NameCheck {
  /** The problem, as the end of a sentence that begins with the name; null for a valid name. */
  problem: string | null;
  /** A similar name that follows the rules; null for a valid name, or if no such name can be derived. */
  suggestion: string | null;
}

export function checkName(kind: NamedKind, name: string): NameCheck {
  const problem = problemOf(kind, name);
  return problem === null ? { problem: null, suggestion: null } : { problem, suggestion: suggestionFor(kind, name) };
}

function problemOf(kind: NamedKind, name: string): string | null {
  const { min, max } = LENGTHS[kind];
  if (name.length < min || name.length > max) {
    return `is ${name.length} long, the name of a ${kind} has ${min} to ${max} characters`;
  }
  if (!/^[a-z]/.test(name)) return 'does not begin with a letter from a to z';
  const wrong = [...new Set(name.match(/[^a-z0-9_]/gu))];
  return wrong.length === 0
    ? null
    : `has ${wrong.map((c) => JSON.stringify(c)).join(', ')}; only a–z, 0–9 and _ may be`;
}

function suggestionFor(kind: NamedKind, name: string): string | null {
  const { min, max } = LENGTHS[kind];
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (words === '') return null;
  const led = /^[a-z]/.test(words) ? words : `${kind[0]}_${words}`;
  const cut = led.slice(0, max).replace(/_+$/, '');
  return cut.length >= min ? cut : null;
}
