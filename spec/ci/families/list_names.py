#!/usr/bin/env python3
"""Writes convert/recognition/library-names.ts: the networks of timm and open_clip that may be named with `--backbone`.

  list_names.py > convert/recognition/library-names.ts

Needs timm; with open_clip, its names are listed too. Only modules of timm whose networks are converted are listed.
"""
import re
import textwrap
import timm
from timm.models import _registry

MODULES = ['resnet', 'vgg', 'densenet', 'inception_v3', 'efficientnet', 'mobilenetv3', 'regnet', 'convnext', 'vision_transformer', 'deit',
           'swin_transformer', 'swin_transformer_v2']


def names():
    for module in MODULES:
        yield module, sorted(timm.list_models(module=module))
    # The larger ones have gated perceptrons.
    yield 'eva', sorted(name for name in timm.list_models('*dinov3*', module='eva') if not re.search('plus|7b', name))


def open_clip_names():
    import open_clip
    found = [name for name in open_clip.list_models() if open_clip.get_model_config(name)['vision_cfg'].get('layers')]
    return sorted(name for name in found if name.startswith('ViT-'))


print(f"""/**
 * Names of networks in other libraries, as far as their families are converted: what `--backbone timm:NAME` and
 * `--backbone open_clip:NAME` may say. Made by `spec/ci/families/list_names.py` from timm {timm.__version__}.
 */
import type {{ Library }} from '../../graph/backbones/index.js';

const TIMM = `""")
for _, listed in names():
    print('\n'.join(textwrap.wrap(' '.join(listed), 118, break_long_words=False, break_on_hyphens=False)))
print("""`;

const OPEN_CLIP = `""")
print('\n'.join(textwrap.wrap(' '.join(open_clip_names()), 118, break_long_words=False, break_on_hyphens=False)))
print("""`;

/** `model_type` of config.json. */
const TRANSFORMERS = `
clip clip_vision_model convnext convnextv2 deit dinov2 dinov2_with_registers dinov3_vit efficientnet regnet resnet siglip
siglip_vision_model swin swinv2 vit
`;

const listed = (text: string) => text.trim().split(/\\s+/);

export const LIBRARY_NAMES: Readonly<Partial<Record<Library, readonly string[]>>> = {
  timm: listed(TIMM),
  open_clip: listed(OPEN_CLIP),
  transformers: listed(TRANSFORMERS),
};""")
