/** Which of the aspects that changed are causes of their own, and which come with another one. */
import { holm } from '../statistics/adjusted-p-values.js';
import type { Aspect, Finding } from './aspects.js';
import { type Changes, SMALLEST_EFFECT } from './cause.js';
import { isBlackLightened } from './whole-stories.js';

/** An effect below this share of the strongest is its side effect. */
const SIDE_EFFECT = 0.5;
/** Smallest effect of a second cause. */
const SECOND_EFFECT = 0.2;

/** The aspects that are significant at level `alpha`, without side effects. @param others tests that were made besides */
export function sureAspects(
  changes: Changes,
  findings: readonly (Finding | null)[],
  { others, alpha }: { others: number; alpha: number },
): Finding[] {
  // Aspects without a finding count among the tests too.
  const adjusted = holm([...findings.map((finding) => finding?.p ?? 1), ...new Array<number>(others).fill(1)]);
  const sure = findings
    .flatMap((finding, index) => (finding === null ? [] : [{ ...finding, p: adjusted[index]! }]))
    .filter(({ effect, p }) => effect >= SMALLEST_EFFECT && p <= alpha)
    .sort((a, b) => b.effect - a.effect);
  const own = sure.filter((finding) => {
    return (
      !sure.some((other) => isDisguised(finding, other, sure)) &&
      !(finding.kind === 'less contrast' && isNoiseOnBlack(sure, changes))
    );
  });
  return own.filter((finding, i) => {
    return (i === 0 || finding.effect >= SECOND_EFFECT) && !own.some((other) => isSideEffect(finding, other));
  });
}

/** Largest effect on colours, of that on light, that light alone has. */
const CUT_OFF = 0.8;

function isNoiseOnBlack(findings: readonly Finding[], changes: Changes): boolean {
  return findings.some(({ kind }) => kind === 'noisier') && isBlackLightened(changes);
}

/** True if the finding is the same change as another one. */
function isDisguised(finding: Finding, by: Finding, all: readonly Finding[]): boolean {
  // Strong colours darken what they are cut off in.
  if (finding.kind === 'darker' && by.kind === 'more saturated') return by.effect > finding.effect;
  // Blur takes contrast, and haze takes what is sharp. Haze takes colours as well.
  const isHaze = all.some(({ kind }) => kind === 'less saturated' || kind === 'brighter');
  if (finding.kind === 'blurred' && by.kind === 'less contrast') return isHaze || finding.effect < by.effect;
  if (finding.kind === 'less contrast' && by.kind === 'blurred') return !isHaze && finding.effect <= by.effect;
  // Fading moves the mean colour to gray, and a cast colours gray. The stronger of the two counts.
  const areOne = (a: Aspect, b: Aspect) => finding.aspect === a && by.aspect === b;
  if (areOne('colour', 'saturation')) return finding.effect < by.effect;
  // Light that is cut off takes a little colour.
  if (areOne('colour', 'light')) return finding.effect < CUT_OFF * by.effect;
  if (areOne('saturation', 'colour')) return finding.effect <= by.effect;
  return false;
}

/** What a change of the fine structure does besides; all else is a cause of its own. */
const BESIDES: Readonly<Record<string, readonly string[]>> = {
  blurred: ['less contrast', 'brightness varies less'],
  noisier: ['more contrast', 'more saturated', 'less saturated'],
  sharper: ['more contrast', 'more saturated'],
  'less noise': [],
};

/** Noise lightens black, and darkens white, where it is cut off, by less than it is strong; blur mixes in a little of what lies around. */
function isCutOff(finding: Finding, of: Finding): boolean {
  if (finding.aspect !== 'light') return false;
  if (of.kind === 'blurred') return finding.effect < 0.27;
  if (Math.abs(finding.window - finding.baseline) > of.window) return false;
  return of.kind === 'noisier' && finding.kind === (finding.baseline < 0.4 ? 'brighter' : 'darker');
}

function isSideEffect(finding: Finding, of: Finding): boolean {
  if (finding.aspect === 'other' || of.aspect === 'other' || finding.effect > of.effect) return false;
  if (isCutOff(finding, of)) return true;
  if (of.kind === 'noisier' && BESIDES['noisier']!.includes(finding.kind)) return true;
  if (finding.effect >= SIDE_EFFECT * of.effect) return false;
  // A cast darkens a little, where it takes one channel.
  if (of.aspect === 'colour' && finding.aspect === 'light') return finding.effect < 0.25;
  if (of.aspect === 'texture') return BESIDES[of.kind]!.includes(finding.kind);
  return finding.aspect !== 'texture' || finding.kind === 'sharper';
}
