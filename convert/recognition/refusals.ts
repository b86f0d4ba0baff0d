/** The errors of recognition: what the tensors look like, what does not fit, and what to do. */
import { shown } from '../../base/index.js';
import { FAMILIES } from '../../graph/backbones/index.js';
import { describeTensorProblems, type TensorProblem } from '../../graph/index.js';
import { ConvertError } from '../convert-error.js';
import { EXPORT_HINT, EXPORT_OWN, exportTimm } from '../to-onnx.js';
import type { FoundBody } from './find-bodies.js';
import type { Group } from './find-head.js';
import { type FoundHead, headModules } from './head.js';
import { addedLayer, type Shapes, shapeText, strangerIn } from './shapes.js';

const MAX_LISTED = 5;
/** How many an option lists that can be copied. */
const MAX_IGNORED = 24;

/** No body: another family, or nothing that is known. */
export function unknownNetwork(shapes: Shapes, label: string): ConvertError {
  const stranger = strangerIn(shapes);
  const titles = FAMILIES.map(({ title }) => title.replace(/^an? /, ''));
  const converted = `Networks of the families ${titles.slice(0, -1).join(', ')} and ${titles.at(-1)} are converted, as torchvision, timm and Hugging Face name their layers; image-drift models lists those of torchvision`;
  if (stranger !== null) {
    const message = `${label}: looks like ${stranger.name}, which is not converted: it needs ${stranger.needs}`;
    return new ConvertError('BACKBONE_UNKNOWN', message, { hint: `${converted}. ${OTHERS}`, program: EXPORT_OWN });
  }
  const names = [...shapes.keys()];
  const first = names.slice(0, MAX_LISTED).map((name) => `${shown(name)} ${shapeText(shapes.get(name))}`);
  const message =
    `${label}: none of its ${names.length.toLocaleString('en')} tensors begin a backbone known here; they are ` +
    `${first.join(', ')}${names.length > MAX_LISTED ? ', …' : ''}`;
  return new ConvertError('BACKBONE_UNKNOWN', message, { hint: `${converted}. ${OTHERS}`, program: EXPORT_OWN });
}

const OTHERS =
  'Export any other to ONNX with these two lines of Python, and convert model.onnx. Embeddings that were computed elsewhere can be compared without a network.';

/** A body that some tensors do not fit. */
export function nearlyBody(body: FoundBody, shapes: Shapes, label: string): ConvertError {
  const what = `${label}: looks like ${body.family.title}${under(body.prefix)}`;
  const named = (problems: readonly TensorProblem[]) =>
    problems.map((problem) => ({
      ...problem,
      name: shown(body.names.get(problem.name)?.join(' + ') ?? body.prefix + problem.name),
    }));
  const noStatistics = body.problems.filter(({ kind, name }) => kind === 'missing' && name.endsWith('.running_mean'));
  const hasNorm = noStatistics.some(({ name }) => body.names.has(name.replace(/running_mean$/, 'weight')));
  if (hasNorm) {
    const message =
      `${what}, but ${noStatistics.length} normalisations have no running statistics, such as ` +
      `${shown(body.prefix + noStatistics[0]!.name.replace(/\.running_mean$/, ''))}: they are group, layer or instance ` +
      'normalisation, and only batch normalisation is converted';
    return new ConvertError('BACKBONE_MISMATCH', message);
  }
  const added = body.problems
    .filter(({ kind }) => kind === 'unexpected')
    .map(({ name }) => addedLayer(name))
    .find((kind) => kind !== null);
  const reason = added === undefined ? '' : ` with ${added}, which is not converted`;
  const all = shapes.size;
  const message =
    `${what}${reason}: ${body.problems.length} of ${all} tensors do not fit: ` +
    describeTensorProblems(named(body.problems));
  const hint =
    'A network whose layers were changed is converted as ONNX: export it with these two lines of Python, and convert model.onnx.';
  return new ConvertError('BACKBONE_MISMATCH', message, { hint, program: EXPORT_OWN });
}

/** Tensors whose part in the network is not known. */
export function leftOut(groups: readonly Group[], shapes: Shapes, body: FoundBody, label: string): ConvertError {
  const rest = groups.length > MAX_LISTED ? ', …' : '';
  const ignored = groups.slice(0, MAX_IGNORED).map(({ path }) => shown(path));
  const all = groups.slice(0, MAX_LISTED).map(({ path, names }) => `${shown(path)} (${sizeText(names, shapes)})`);
  const message = `${label}: beside ${body.family.title}${under(body.prefix)} it has ${all.join(', ')}${rest}. What they are for is not in the file`;
  const hint = `If neither the embedding nor the scores pass through them, leave them out: --ignore ${ignored.join(',')}. Otherwise export the network to ONNX with these two lines of Python, and convert model.onnx.`;
  return new ConvertError('TENSORS_LEFT_OUT', message, { hint, program: EXPORT_OWN });
}

/** Strides that differ from the usual ones. @param sign the tensor that tells it */
export function dilated(sign: string, title: string, label: string): ConvertError {
  const message = `${label}: is ${title} in a network for segmentation, as ${shown(sign)} shows: its last stages have other strides and dilations, which no tensor tells`;
  return new ConvertError('BACKBONE_MISMATCH', message, { hint: EXPORT_HINT, program: EXPORT_OWN });
}

function sizeText(names: readonly string[], shapes: Shapes): string {
  return names.length === 1 ? shapeText(shapes.get(names[0]!)) : `${names.length} tensors`;
}

/** A head, beside other Linears that are not part of it. */
export function otherLinears(head: FoundHead, groups: readonly Group[], shapes: Shapes, label: string): ConvertError {
  const all = groups.slice(0, MAX_LISTED).map(({ path, names }) => {
    const sizes = names.map((name) => shapes.get(name)!).filter(({ length }) => length >= 2);
    return `${shown(path)} ${sizes.map(shapeText).join(' ')}`;
  });
  const message = `${label}: ${describeHead(head)} fits the body, and there are other Linear layers: ${all.join(', ')}${groups.length > MAX_LISTED ? ', …' : ''}. Which of them gives the scores is not in the file`;
  return new ConvertError('HEAD_AMBIGUOUS', message, { hint: headHint(head), program: EXPORT_OWN });
}

/** A head whose name does not say that it gives classes. @param what it may be instead */
export function doubtfulHead(head: FoundHead, what: string, label: string): ConvertError {
  const message = `${label}: ${describeHead(head)} would be taken as the head, and its name says that it may be ${what}`;
  return new ConvertError('HEAD_AMBIGUOUS', message, { hint: headHint(head), program: EXPORT_OWN });
}

function headHint({ end }: FoundHead): string {
  return `If the outputs of ${shown(end)} are the scores of the classes: --head ${shown(end)}. For embeddings without scores: --head none. Otherwise export the network to ONNX with these two lines of Python, and convert model.onnx.`;
}

/** A classifier on a tower of transformers, which may take something else than the embedding. */
export function unknownClassifier(classNames: readonly string[], label: string): ConvertError {
  const message = `${label}: its classifier may take what the embedding is, or something else, as some classes of transformers do: ${classNames.join(', ')}. The file does not say`;
  const hint = `Say which with --backbone, for instance --backbone transformers:${classNames[0]}; --head none gives embeddings without scores.`;
  return new ConvertError('BACKBONE_AMBIGUOUS', message, { hint });
}

/** Several networks have the same tensors. */
export function severalReadings(body: FoundBody, label: string): ConvertError {
  const readings = [body, ...body.rivals].map(({ reading, family }) => reading ?? family.name);
  const message = `${label}: ${readings.length} networks have these tensors: ${readings.join(', ')}`;
  return new ConvertError('BACKBONE_AMBIGUOUS', message, {
    hint: `Say which with --backbone, for instance --backbone ${readings[0]}.`,
  });
}

export function unconvertedTimm(name: string, reason: string, label: string): ConvertError {
  return new ConvertError('BACKBONE_UNKNOWN', `${label}: timm's ${shown(name)} is not converted: ${reason}`, {
    hint: EXPORT_HINT,
    program: exportTimm(`"${shown(name)}", checkpoint_path="model.pth"`),
  });
}

/** Tensors of another network than the name says. @param alike names of timm's networks that have them */
export function notOfTimm(name: string, alike: readonly string[], { family }: FoundBody, label: string): ConvertError {
  const told =
    alike.length === 0 ? `they are those of ${family.title}` : `${alike.slice(0, MAX_LISTED).join(', ')} has them`;
  const message = `${label}: its tensors are not those of timm's ${shown(name)}: ${told}`;
  const hint =
    'A network that was made with other arguments is converted from the folder that timm.models.save_for_hf writes.';
  return new ConvertError('BACKBONE_MISMATCH', message, { hint });
}

/** Networks of timm with these tensors that compute different things; one name of each. */
export function severalForwards(kinds: readonly { name: string; refused: string | null }[], label: string) {
  const names = kinds.map(({ name, refused }) => `timm:${name}${refused === null ? '' : ' (not converted)'}`);
  const message = `${label}: networks that compute different things have these tensors: ${names.join(', ')}`;
  return new ConvertError('BACKBONE_AMBIGUOUS', message, {
    hint: `Say which with --backbone, for instance --backbone timm:${kinds[0]!.name}.`,
  });
}

/** Tensors that timm spells and that no network of its has, so that nothing says what they compute. */
export function unnamedForward({ family }: FoundBody, label: string): ConvertError {
  const message = `${label}: is ${family.title} with timm's names and the tensors of none of timm's networks. Its activations, ε and padding are not in the file`;
  return new ConvertError('BACKBONE_UNKNOWN', message, {
    hint: EXPORT_HINT,
    program: exportTimm('"NAME", checkpoint_path="model.pth"'),
  });
}

export function severalBodies(bodies: readonly FoundBody[], label: string): ConvertError {
  const prefixes = bodies.map(({ prefix }) => prefix);
  const told = bodies.map(({ prefix, family }) => `${family.title}${under(prefix)}`);
  return new ConvertError('CHECKPOINT_AMBIGUOUS', `${label}: holds ${bodies.length} networks: ${told.join(', ')}`, {
    hint: `Say which with --prefix, for instance --prefix ${shown(prefixes.find((prefix) => prefix !== '') ?? '')}`,
  });
}

export function noSuchPrefix(prefix: string, bodies: readonly FoundBody[], label: string): ConvertError {
  const known = bodies.map((body) => (body.prefix === '' ? "''" : shown(body.prefix)));
  const told = known.length === 0 ? 'there is none in the file' : `there are networks under ${known.join(', ')}`;
  return new ConvertError('PREFIX_NOT_FOUND', `${label}: no network known here under ${shown(prefix)}: ${told}`);
}

export function severalHeads(heads: readonly FoundHead[], label: string): ConvertError {
  const roots = heads.map((head) => shown(head.root === '' ? head.end : head.root));
  const message = `${label}: ${heads.length} heads fit the body: ${heads.map(describeHead).join('; ')}`;
  return new ConvertError('HEAD_AMBIGUOUS', message, {
    hint: `Say which with --head, for instance --head ${roots[0]}; with --head none there are embeddings only.`,
  });
}

/** What looks like a head does not fit. */
export function unfitHead(groups: readonly Group[], shapes: Shapes, features: number, label: string): ConvertError {
  const names = groups.flatMap((group) => group.names);
  const told = names.slice(0, MAX_LISTED).map((name) => `${shown(name)} ${shapeText(shapes.get(name))}`);
  const modules = headModules(names, shapes, features);
  const taken = modules?.[0]?.inputs;
  const twice = taken === 2 * features ? ', twice as many: a pooling that joins averages and maxima?' : '';
  const reason =
    modules === null
      ? 'only Linear layers and batch norms are known there, with activations and dropout between them'
      : `the body gives ${features.toLocaleString('en')} values, the head takes ${taken?.toLocaleString('en')}${twice}`;
  const message = `${label}: its head cannot be converted (${told.join(', ')}${names.length > MAX_LISTED ? ', …' : ''}): ${reason}`;
  return new ConvertError('HEAD_NOT_SUPPORTED', message, {
    hint: 'With --head none the body is converted without it: embeddings, but no class scores.',
  });
}

/** A network that takes the mean of two heads has one. */
export function noTwin(module: string, head: FoundHead, label: string): ConvertError {
  const message = `${label}: its scores are the mean of two heads, and only ${describeHead(head)} is there, no ${module}`;
  return new ConvertError('HEAD_NOT_SUPPORTED', message, {
    hint: 'With --head none the body is converted without it: embeddings, but no class scores.',
  });
}

export function unequalTwins(head: FoundHead, twin: FoundHead, label: string): ConvertError {
  const message = `${label}: its scores are the mean of two heads, which differ: ${describeHead(head)}; ${describeHead(twin)}`;
  return new ConvertError('HEAD_NOT_SUPPORTED', message, {
    hint: 'With --head none the body is converted without them: embeddings, but no class scores.',
  });
}

export function noSuchHead(head: string, heads: readonly FoundHead[], label: string): ConvertError {
  const known = heads.length === 0 ? 'none was found' : `found are ${heads.map(describeHead).join('; ')}`;
  return new ConvertError('HEAD_NOT_FOUND', `${label}: no head that fits the body at ${shown(head)}; ${known}`);
}

function describeHead({ root, modules }: FoundHead): string {
  const sizes = modules.filter(({ kind }) => kind === 'linear').map(({ outputs }) => outputs);
  return `${root === '' ? modules.map(({ path }) => shown(path)).join(', ') : shown(root)} (${sizes.join('-')})`;
}

function under(prefix: string): string {
  return prefix === '' ? '' : ` under ${shown(prefix)}`;
}
