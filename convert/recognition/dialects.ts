/**
 * The spellings of the bodies of ResNet, VGG and MobileNetV2: what their tensors are called by torchvision, timm, Hugging
 * Face and others. Each spelling finds the places where such a body may begin, and gives the names that torchvision uses.
 */
import { MOBILENET_V2_STAGES } from '../../graph/backbones/index.js';
import type { Body } from '../../weights/index.js';
import type { Shapes } from './shapes.js';

export interface Dialect {
  family: Body['family'];
  /** Finds a tensor that every such body has. What stands before it is the prefix: empty, or it ends with a dot. */
  anchor: RegExp;
  /** torchvision's name of a tensor, given without the prefix; null for a tensor that is not part of the body. */
  rename(name: string, place: Place): string | null;
}

export interface Place {
  prefix: string;
  /** The match of `anchor`. */
  anchor: RegExpExecArray;
  shapes: Shapes;
}

const RESNET: Dialect = {
  family: 'resnet',
  anchor: /^(.*\.|)layer1\.0\.conv1\.weight$/,
  rename: (name) => (/^(conv1|bn1|layer\d+)\./.test(name) ? withDownsample(name) : null),
};

/** `nn.Sequential(*list(resnet.children())[:-1])`: modules by their position. */
const RESNET_CHILDREN: Dialect = {
  family: 'resnet',
  anchor: /^(.*\.|)(\d{1,2})\.0\.conv1\.weight$/,
  rename(name, { anchor }) {
    const [, position, rest] = /^(\d{1,2})\.(.*)$/.exec(name) ?? [];
    if (position === undefined || rest === undefined) return null;
    if (position === '0') return `conv1.${rest}`;
    if (position === '1') return `bn1.${rest}`;
    const stage = Number(position) - Number(anchor[2]) + 1;
    return stage >= 1 && /^\d+\./.test(rest) ? withDownsample(`layer${stage}.${rest}`) : null;
  },
};

/** Shortcuts are called `shortcut` in many repositories for CIFAR-10. */
function withDownsample(name: string): string {
  return name.replace(/^(layer\d+\.\d+)\.shortcut\./, '$1.downsample.');
}

const HUGGING_FACE_RESNET: Dialect = {
  family: 'resnet',
  anchor: /^(.*\.|)embedder\.embedder\.convolution\.weight$/,
  rename(name) {
    const [, part, tensor] = /^(.*)\.(convolution|normalization)\.\w+$/.exec(name) ?? [];
    if (part === undefined) return null;
    const last = name.slice(name.lastIndexOf('.'));
    const convolution = tensor === 'convolution';
    if (part === 'embedder.embedder') return `${convolution ? 'conv1' : 'bn1'}${last}`;
    const [, stage, block, layer] = /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(layer\.\d+|shortcut)$/.exec(part) ?? [];
    if (stage === undefined || layer === undefined) return null;
    const module = `layer${Number(stage) + 1}.${block}`;
    if (layer === 'shortcut') return `${module}.downsample.${convolution ? 0 : 1}${last}`;
    return `${module}.${convolution ? 'conv' : 'bn'}${Number(layer.slice('layer.'.length)) + 1}${last}`;
  },
};

/** A Sequential of 3×3 convolutions, under any name: `features` in torchvision and timm. */
const VGG: Dialect = {
  family: 'vgg',
  anchor: /^(.*\.|)0\.weight$/,
  rename(name, { prefix, shapes }) {
    const [, position] = /^(\d{1,3})\.\w+$/.exec(name) ?? [];
    if (position === undefined) return null;
    // Linear layers in the same Sequential belong to the head.
    return (shapes.get(`${prefix}${position}.weight`)?.length ?? 0) === 2 ? null : `features.${name}`;
  },
};

const MOBILENET_V2: Dialect = {
  family: 'mobilenet_v2',
  anchor: /^(.*\.|)1\.conv\.0\.0\.weight$/,
  rename: (name) => (/^\d{1,2}\.(conv|0|1)\./.test(name) ? `features.${name}` : null),
};

/** timm's names: `conv_stem`, `blocks.STAGE.BLOCK.conv_dw`, `conv_head`. */
const TIMM_MOBILENET_V2: Dialect = {
  family: 'mobilenet_v2',
  anchor: /^(.*\.|)blocks\.0\.0\.conv_dw\.weight$/,
  rename(name) {
    const [, module, tensor] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const outer = module === undefined ? undefined : TIMM_OUTER[module];
    if (outer !== undefined) return `features.${outer}.${tensor}`;
    const [, stage, block, part] = /^blocks\.(\d)\.(\d+)\.(\w+)$/.exec(module ?? '') ?? [];
    const place = part === undefined ? undefined : (stage === '0' ? TIMM_FIRST_BLOCK : TIMM_BLOCK)[part];
    if (place === undefined) return name.startsWith('blocks.') ? name : null;
    const before = MOBILENET_V2_STAGES.slice(0, Number(stage)).reduce((sum, { repeats }) => sum + repeats, 0);
    return `features.${1 + before + Number(block)}.conv.${place}.${tensor}`;
  },
};

const TIMM_OUTER: Readonly<Record<string, string>> = {
  conv_stem: '0.0',
  bn1: '0.1',
  conv_head: '18.0',
  bn2: '18.1',
};
const TIMM_FIRST_BLOCK: Readonly<Record<string, string>> = { conv_dw: '0.0', bn1: '0.1', conv_pw: '1', bn2: '2' };
const TIMM_BLOCK: Readonly<Record<string, string>> = {
  conv_pw: '0.0',
  bn1: '0.1',
  conv_dw: '1.0',
  bn2: '1.1',
  conv_pwl: '2',
  bn3: '3',
};

export const DIALECTS: readonly Dialect[] = [
  RESNET,
  RESNET_CHILDREN,
  HUGGING_FACE_RESNET,
  MOBILENET_V2,
  TIMM_MOBILENET_V2,
  VGG,
];
