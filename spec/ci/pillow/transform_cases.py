#!/usr/bin/env python3
"""Prepares images by torchvision's transforms and timm's create_transform; prints one JSON object a case.

  python transform_cases.py SIZES SEED MOST_PIXELS > cases.jsonl

Needs numpy, Pillow, torch, torchvision and timm. The bytes are those before normalisation.
spec/fixtures/data/transforms.jsonl is `transform_cases.py 4 1 60000` by Pillow 13.0, torchvision 0.14 and timm 1.0.31.
"""
import hashlib, json, random, sys
import numpy as np
import PIL, torchvision
import torchvision.transforms as T
from timm.data import create_transform, resolve_data_config
from PIL import Image
from made_image import made_image

MODES = {name.lower(): getattr(T.InterpolationMode, name) for name in 'BILINEAR BICUBIC LANCZOS BOX HAMMING NEAREST'.split()}
TORCHVISION = [
    {'resize': 256, 'crop': [224, 224], 'interpolation': 'bilinear'},
    {'resize': 232, 'crop': [224, 224], 'interpolation': 'bicubic'},
    {'resize': 37, 'crop': [32, 32], 'interpolation': 'lanczos'},
    {'resize': 64, 'crop': [63, 61], 'interpolation': 'box'},
    {'resize': [48, 64], 'crop': None, 'interpolation': 'hamming'},
    {'resize': [40, 72], 'crop': [64, 64], 'interpolation': 'bilinear'},
    {'resize': 96, 'crop': [96, 96], 'interpolation': 'nearest'},
    {'resize': None, 'crop': [80, 33], 'interpolation': None},
]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
TIMM = [
    {'input_size': [3, 224, 224], 'crop_pct': 0.95, 'interpolation': 'bicubic', 'mean': MEAN, 'std': STD},
    {'input_size': [3, 160, 160], 'crop_pct': 0.875, 'crop_mode': 'center', 'interpolation': 'bilinear', 'mean': MEAN, 'std': STD},
    {'input_size': [3, 96, 96], 'crop_pct': 0.9, 'crop_mode': 'squash', 'interpolation': 'bicubic', 'mean': MEAN, 'std': STD},
    {'input_size': [3, 96, 96], 'crop_pct': 1.0, 'crop_mode': 'border', 'interpolation': 'bicubic', 'mean': MEAN, 'std': STD},
    {'input_size': [3, 96, 128], 'crop_pct': 0.8, 'crop_mode': 'border', 'interpolation': 'lanczos', 'mean': [0.5, 0.5, 0.5], 'std': [0.5, 0.5, 0.5]},
    {'input_size': [3, 64, 96], 'crop_pct': 0.9, 'interpolation': 'bicubic', 'mean': MEAN, 'std': STD},
    {'input_size': [3, 64, 64], 'crop_pct': 1.0, 'crop_mode': 'squash', 'interpolation': 'bilinear', 'mean': [0.0] * 3, 'std': [1.0] * 3},
]


def torchvision_transform(rule):
    steps = [T.Resize(rule['resize'], MODES[rule['interpolation']])] if rule['resize'] else []
    return T.Compose(steps + ([T.CenterCrop(rule['crop'])] if rule['crop'] else []))


def timm_transform(config):
    return create_transform(**resolve_data_config(config, verbose=False), normalize=False)


def size(rng, most):
    while True:
        height, width = (round(2 ** rng.uniform(4, 10)) for _ in range(2))
        if height * width <= most and max(height, width) <= 8 * min(height, width):
            return height, width


def pixels(result):
    """uint8 [height, width, 3] of a PIL image, or of timm's uint8 tensor [3, height, width]."""
    return np.asarray(result) if isinstance(result, Image.Image) else result.permute(1, 2, 0).contiguous().numpy()


if __name__ == '__main__':
    sizes, seed, most = map(int, sys.argv[1:])
    rng = random.Random(seed)
    transforms = [({'torchvision': rule}, torchvision_transform(rule)) for rule in TORCHVISION]
    transforms += [({'timm': config}, timm_transform(config)) for config in TIMM]
    for told, transform in transforms:
        for image in range(sizes):
            height, width = size(rng, most)
            result = np.ascontiguousarray(pixels(transform(Image.fromarray(made_image(height, width, image)))))
            assert result.dtype == np.uint8
            case = {'from': [height, width], 'image': image, 'size': list(result.shape[:2])}
            digest = hashlib.sha256(result.tobytes()).hexdigest()[:32]
            print(json.dumps(told | case | {'sha256': digest}, separators=(',', ':')))
