/** Whether causes tell all that changed. Where the light changed, too, blocks of compression are half of the truth. */
import { holm } from '../tests/p-values.js';
import { type Aspect, type Finding, isFading } from './aspects.js';
import { type Cause, type Changes, effectOf, isClear, SMALLEST_EFFECT } from './cause.js';

/** What a cause leaves as it was: signed effects on these columns lie between these. Not if a cause of one of those aspects is told, too. */
type Kept = readonly [columns: readonly string[], least: number, most: number, ...unless: Aspect[]];

const SHARES = ['red_share', 'green_share', 'blue_share'];

/** Light and colours leave the directions of edges, and how sharp they are; other objects have others. */
const EDGES: readonly Kept[] = [
  [['upright'], -0.25, 0.25, 'texture'],
  [['row_stripes', 'column_stripes'], -0.35, 0.35, 'texture'],
  [['relative_sharpness'], -0.45, 1, 'texture'],
];
const CASTS = ['redder', 'greener', 'bluer', 'less red', 'less green', 'less blue'];
/** Nor do casts change what is fine. */
const CAST: readonly Kept[] = [
  [['upright', 'row_stripes', 'column_stripes'], -0.2, 0.2, 'texture'],
  [['smooth'], -0.2, 0.2, 'texture', 'light', 'contrast'],
];

const LIGHT: readonly Kept[] = [[SHARES, -0.5, 0.5, 'colour'], [['blockiness'], -1, 0.2], ...EDGES];
const STRIPES: readonly Kept[] = [
  [['brightness'], -0.65, 0.65],
  [['saturation'], -0.5, 0.5],
  [['border'], -1, 0.3],
];

const KEEPS: Readonly<Record<string, readonly Kept[]>> = {
  'blocks of compression': [
    [['brightness'], -0.25, 0.25],
    [SHARES, -0.4, 0.4],
    [['border'], -1, 0.3],
  ],
  'fewer grey levels': [
    [['brightness'], -0.38, 0.38],
    [SHARES, -0.4, 0.4],
  ],
  'coarse pixels': [[SHARES, -0.4, 0.4]],
  'impulse noise': [[['brightness'], -0.35, 0.35]],
  'stripes along rows': STRIPES,
  'stripes along columns': STRIPES,
  'something stands still': [
    [['brightness'], -0.5, 0.5],
    [['relative_noise'], -0.5, 1],
  ],
  noisier: [
    [['contrast'], -0.18, 1, 'contrast', 'light'],
    [['saturation'], -0.18, 1, 'saturation'],
    [SHARES, -0.3, 0.3, 'colour'],
  ],
  blurred: [
    [['brightness'], -0.3, 0.3, 'light'],
    [['contrast'], -1, 0.2, 'contrast'],
    [['saturation'], -1, 0.25, 'colour'],
    [SHARES, -0.3, 0.3, 'colour'],
  ],
  darker: LIGHT,
  brighter: LIGHT,
  'less contrast': LIGHT,
  'more contrast': EDGES,
  grayscale: EDGES,
  'less saturated': EDGES,
  'more saturated': EDGES,
  ...Object.fromEntries(CASTS.map((kind) => [kind, CAST])),
};

/** @param told aspects of all causes that are told */
export function isWhole({ kind }: Pick<Cause, 'kind'>, changes: Changes, told: readonly Aspect[] = []): boolean {
  return (KEEPS[kind] ?? []).every(([columns, least, most, ...unless]) => {
    if (unless.some((aspect) => told.includes(aspect))) return true;
    if (columns.includes('contrast') && least > -1 && isBlackLightened(changes)) return true;
    return columns.every((name) => {
      const change = changes.get(name);
      const isSmall = change === undefined || (change.effect >= least && change.effect <= most);
      return isSmall || (columns === SHARES && (!isClear(change) || isFading(change)));
    });
  });
}

/** Noise that is cut off at black lightens it, which lowers the contrast of images that are mostly black. */
export function isBlackLightened(changes: Changes): boolean {
  const isNoiseAlone = effectOf(changes, 'contrast') > -0.45;
  return isNoiseAlone && effectOf(changes, 'clipped_dark') < -0.5 && (changes.get('brightness')?.baseline ?? 1) < 0.4;
}

/** Bars that are there, but in images of which the rest changed as well. */
export function isHidden(changes: Changes): boolean {
  const border = changes.get('border');
  if (border === undefined || border.effect < 0.3 || border.window - border.baseline < 0.04) return false;
  return (
    border.deviations[1] < border.window && effectOf(changes, 'flat') > -0.6 && effectOf(changes, 'contrast') > -0.5
  );
}

/** Marks that only some aspects leave, and none of the other causes. With a sign, a fall is no mark. */
const SIDE_MARKS: readonly [column: string, isSigned: boolean, leftBy: readonly Aspect[]][] = [
  ['border', true, ['light', 'contrast']],
  ['impulses', true, ['texture', 'contrast', 'light']],
  ['row_stripes', false, ['texture']],
  ['column_stripes', false, ['texture']],
  ['blockiness', true, ['texture']],
  ['diagonal', false, ['texture']],
  ['relative_sharpness', true, ['texture']],
  ['relative_noise', true, ['texture']],
  ['upright', false, ['texture']],
  ['hue_axis_x', false, ['texture', 'saturation', 'colour']],
  ['hue_axis_y', false, ['texture', 'saturation', 'colour']],
];
/** A weaker mark proves nothing. */
const WEAKEST_MARK = 0.3;
/** Smallest mark that is not a side effect, as a share of the strongest effect that is explained. */
const MARK_SHARE = 0.5;

/** Whether the findings, together, leave no mark unexplained, and each left what it cannot change. */
export function areWhole(findings: readonly Finding[], changes: Changes): boolean {
  const strongest = Math.max(0, ...findings.map(({ effect }) => effect));
  // Values that were cut off and are not any more are equal still.
  const unclipped = Math.max(0, -effectOf(changes, 'clipped_dark'), -effectOf(changes, 'clipped_bright'));
  if (effectOf(changes, 'flat') - unclipped > Math.max(WEAKEST_MARK, strongest)) return false;
  // Black that is no end of a scale: corners of turned images, objects.
  const black = effectOf(changes, 'clipped_dark') - Math.max(0, effectOf(changes, 'clipped_bright'));
  const isBlackTold = findings.some(
    ({ aspect }) => aspect === 'light' || aspect === 'saturation' || aspect === 'colour',
  );
  if (black > Math.max(WEAKEST_MARK, strongest) && !isBlackTold) return false;
  const isLeft = SIDE_MARKS.some(([column, isSigned, leftBy]) => {
    const effect = effectOf(changes, column);
    const size = isSigned ? effect : Math.abs(effect);
    return (
      size > Math.max(WEAKEST_MARK, MARK_SHARE * strongest) && !findings.some(({ aspect }) => leftBy.includes(aspect))
    );
  });
  const told = findings.map(({ aspect }) => aspect);
  return !isLeft && findings.every((finding) => isWhole(finding, changes, told));
}

// Which of the aspects that changed are causes of their own, and which come with another one.

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
