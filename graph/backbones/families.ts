/** The three families by their bodies: networks of any depth and width, under any head. */
import type { Body, HeadLayer } from '../../weights/index.js';
import type { Layer } from '../operations/layer.js';
import type { Head } from './backbone.js';
import { tapInHead } from './head.js';
import { mobilenet, mobilenetHead, mobilenetTap } from './mobilenet-v2.js';
import { resnet, resnetHead, resnetTap } from './resnet.js';
import { vgg, vggHead, vggTap } from './vgg.js';

interface Family {
  /** The module that holds the head. */
  headModule: string;
  /** The last module before the head, whose flattened output the head takes; null if that is no module. */
  features: string | null;
  /** torchvision's own head, or the perceptron that replaces it. */
  head(head: Head, classes: number): Layer;
  tap(head: Head): string;
}

const FAMILIES: Readonly<Record<Body['family'], Family>> = {
  resnet: { headModule: 'fc', features: 'avgpool', head: resnetHead, tap: resnetTap },
  vgg: { headModule: 'classifier', features: 'avgpool', head: vggHead, tap: vggTap },
  mobilenet_v2: { headModule: 'classifier', features: null, head: mobilenetHead, tap: mobilenetTap },
};

export function networkOf(body: Body, head: Layer): Layer {
  switch (body.family) {
    case 'resnet':
      return resnet(body, head);
    case 'vgg':
      return vgg(body, head);
    case 'mobilenet_v2':
      return mobilenet(body, head);
  }
}

export function usualHead({ family }: Body, head: Head, classes: number): Layer {
  return FAMILIES[family].head(head, classes);
}

/** The module that holds the head: `fc` or `classifier`. */
export function headModule({ family }: Body): string {
  return FAMILIES[family].headModule;
}

/** How many values the head takes. */
export function featuresOf(body: Body): number {
  if (body.family !== 'vgg') return body.channels.at(-1)!;
  return body.groups.at(-1)!.at(-1)! * body.pooled ** 2;
}

/** Module path of the usual embedding. @param layers all layers of the head, if `head` does not describe it */
export function tapOf({ family }: Body, head: Head, layers: readonly HeadLayer[] | undefined): string {
  const { headModule: root, features, tap } = FAMILIES[family];
  if (layers === undefined) return tap(head);
  const inside = tapInHead(layers);
  return inside === null ? (features ?? root) : `${root}.${inside}`;
}
