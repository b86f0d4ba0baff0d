#!/usr/bin/env python3
"""Writes convert/recognition/library-names.ts: the networks of open_clip and transformers that may be named with `--backbone`.

  list_names.py > convert/recognition/library-names.ts

Needs open_clip. timm's names are in `timm-networks.txt` (`npm run check:names -- --table`).
"""
import textwrap


def open_clip_names():
    import open_clip
    found = [name for name in open_clip.list_models() if open_clip.get_model_config(name)['vision_cfg'].get('layers')]
    return sorted(name for name in found if name.startswith('ViT-'))


print("""/**
 * Names of networks in other libraries than timm, as far as their families are converted: what `--backbone open_clip:NAME` and
 * `--backbone transformers:TYPE` may say. timm's are in `timm-networks.txt`. Made by `spec/ci/families/list_names.py`.
 */
import type { Library } from '../../graph/backbones/index.js';

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
  open_clip: listed(OPEN_CLIP),
  transformers: listed(TRANSFORMERS),
};""")
