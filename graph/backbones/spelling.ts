/** How libraries call the tensors of a family, and what their shapes count. */
import { asset, utf8 } from '#platform';

/** Shapes of tensors by name, in the checkpoint's order, which is the order in which the modules were made. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

export const LIBRARIES = ['torchvision', 'timm', 'transformers', 'open_clip'] as const;

export type Library = (typeof LIBRARIES)[number];

/** How the tensors of a family are called by one library. */
export interface Spelling {
  library: Library | 'others';
  /** Finds a tensor that every such body has. What stands before it is the prefix: empty, or it ends with a dot. */
  anchor: RegExp;
  /**
   * The family's own name of a tensor without the prefix; null: not part of the body. `…#0`, `…#1` are parts, joined
   * along the first dimension; `^T` exchanges rows and columns. Each of several names gets an equal share along that
   * dimension.
   */
  rename(name: string, place: Place): string | readonly string[] | null;
  /** Whether its batch norms have the activation inside, and so give something else than those here. */
  normsActivate?: boolean;
  /** Modules that give something else than those with their tensors here, as CLIP's last norm of the class token. */
  differing?: RegExp;
  /** Tensors, given without the prefix, that only training uses, such as those of auxiliary classifiers. */
  training?: RegExp;
  /** Tensors, given without the prefix, that the network computes by itself, such as tables of positions. */
  computed?: RegExp;
}

export interface Place {
  prefix: string;
  /** `config.json` of transformers, which counts layers that look alike. */
  config?: Readonly<Record<string, unknown>> | undefined;
  anchor: RegExpExecArray;
  shapes: Shapes;
}

/**
 * `[pattern, replacement]`, of which the first that fits is taken. `$1` is what the first group found, `$0` the whole
 * match, `$+1` and `$-1` are one more and one less than the number that it found, `$*1` twice that number, and `$*+1`
 * one more than that.
 */
export type Rules = readonly (readonly [RegExp, string])[];

/** Lists of rules. */
const lists = new Map(
  utf8(asset('graph/backbones/spellings.txt')!)
    .trimEnd()
    .split('\n\n')
    .map((list) => list.split('\n'))
    .map(([name = '', ...lines]) => [name, lines]),
);

/**
 * The rules under a name in `spellings.txt`, one a line: pattern and replacement. In a pattern, a dot is a dot, `#` a
 * number and `*` the last part of a name; the rest is a regular expression. It is a whole name, or with a dot at its
 * end a beginning.
 * @param prefix what is before each pattern
 */
export function listed(name: string, prefix = ''): Rules {
  return lists.get(name)!.map((line) => {
    const [pattern = '', replacement = ''] = line.split(/ +/);
    const text = (prefix + pattern).replaceAll('.', '\\.').replaceAll('#', '(\\d+)').replaceAll('*', '(\\w+)');
    return [new RegExp(`^${text}${pattern.endsWith('.') ? '' : '$'}`), replacement] as const;
  });
}

/** Null if no rule fits. */
export function ruled(name: string, rules: Rules): string | null {
  for (const [pattern, replacement] of rules) {
    const found = pattern.exec(name);
    if (found === null) continue;
    const own = replacement.replace(/\$(\*?)([+-]?)(\d)/g, (_, twice: string, sign: string, group: string) => {
      const text = found[Number(group)] ?? '';
      if (twice + sign === '') return text;
      const step = sign === '' ? 0 : Number(`${sign}1`);
      return String(Number(text) * (twice === '' ? 1 : 2) + step);
    });
    return name.slice(0, found.index) + own + name.slice(found.index + found[0].length);
  }
  return null;
}

/** A spelling that is rules alone. */
export function spelling(
  library: Spelling['library'],
  anchor: RegExp,
  rules: Rules,
  more: Partial<Spelling> = {},
): Spelling {
  const rename = (name: string) => (more.computed?.test(name) ? null : ruled(name, rules));
  return { library, anchor, rename, ...more };
}

/** What a spelling finds out about a whole body, once for all of its tensors: a checkpoint may have thousands. */
export function perPlace<T>(compute: (place: Place) => T): (place: Place) => T {
  const known = new WeakMap<Place, T>();
  return (place) => {
    const found = known.get(place) ?? compute(place);
    known.set(place, found);
    return found;
  };
}

/** How many there are, from 0 on. */
export function countOf(has: (i: number) => boolean): number {
  let count = 0;
  while (has(count)) count++;
  return count;
}

/** How many parts each stage has, from 0 on; a stage without a part 0 is not there. */
export function countsOf(has: (stage: number, part: number) => boolean): number[] {
  const stages = countOf((stage) => has(stage, 0));
  return Array.from({ length: stages }, (_, stage) => countOf((part) => has(stage, part)));
}
