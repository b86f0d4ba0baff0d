/**
 * Names of networks in other libraries than timm, as far as their families are converted: what `--backbone open_clip:NAME` and
 * `--backbone transformers:TYPE` may say. timm's are in `timm-networks.ts`. Made by `spec/ci/families/list_names.py`.
 */
import type { Library } from '../../graph/backbones/index.js';
import { FIELDS, TRANSFORMERS_CLASSES } from './transformers-classes.js';

const OPEN_CLIP = `
ViT-B-16 ViT-B-16-plus ViT-B-16-plus-240 ViT-B-16-quickgelu ViT-B-32 ViT-B-32-256 ViT-B-32-plus-256 ViT-B-32-quickgelu
ViT-H-14 ViT-H-14-378 ViT-H-14-378-quickgelu ViT-H-14-CLIPA ViT-H-14-CLIPA-336 ViT-H-14-quickgelu ViT-H-14-worldwide
ViT-H-14-worldwide-378 ViT-H-14-worldwide-quickgelu ViT-H-16 ViT-L-14 ViT-L-14-280 ViT-L-14-336 ViT-L-14-336-quickgelu
ViT-L-14-CLIPA ViT-L-14-CLIPA-336 ViT-L-14-quickgelu ViT-L-14-worldwide ViT-L-14-worldwide-quickgelu ViT-L-16
ViT-L-16-320 ViT-M-16 ViT-M-16-alt ViT-M-32 ViT-M-32-alt ViT-S-16 ViT-S-16-alt ViT-S-32 ViT-S-32-alt ViT-bigG-14
ViT-bigG-14-CLIPA ViT-bigG-14-CLIPA-336 ViT-bigG-14-quickgelu ViT-bigG-14-worldwide ViT-bigG-14-worldwide-378 ViT-e-14
ViT-g-14
`;

const listed = (text: string) => text.trim().split(/\s+/);

export const LIBRARY_NAMES: Readonly<Partial<Record<Library, readonly string[]>>> = {
  open_clip: listed(OPEN_CLIP),
  // Types of config.json, and classes.
  transformers: [...Object.keys(FIELDS), ...Object.keys(TRANSFORMERS_CLASSES)],
};
