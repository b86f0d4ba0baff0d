#!/usr/bin/env python3
"""Resizes images by Pillow, random sizes and filters; prints one JSON object a case. Needs numpy and Pillow.

  python resize_cases.py COUNT SEED MOST_PIXELS > cases.jsonl

spec/fixtures/data/pillow-12.jsonl and pillow-13.jsonl are `resize_cases.py 160 1 40000` by Pillow 12.3 and 13.0.
"""
import hashlib, json, random, sys
from PIL import Image, __version__
from made_image import made_image

FILTERS = {'bilinear': 2, 'bicubic': 3, 'lanczos': 1, 'box': 4, 'hamming': 5, 'nearest': 0}


def length(rng):
    """Small ones are as likely as large ones."""
    return round(2 ** rng.uniform(0, 11))


def size(rng, most):
    while True:
        pair = (length(rng), length(rng))
        if pair[0] * pair[1] <= most:
            return pair


def target(rng, height, width, most):
    kind = rng.random()
    if kind < 0.25:  # one axis stays, or both
        return rng.choice([(height, length(rng)), (length(rng), width), (height, width)])
    if kind < 0.5:  # about the same aspect ratio
        scale = 2 ** rng.uniform(-4, 1)
        return max(1, round(height * scale)), max(1, round(width * scale))
    return size(rng, most)


def cases(count, seed, most):
    rng = random.Random(seed)
    for i in range(count):
        height, width = size(rng, most)
        to = target(rng, height, width, most)
        while to[0] * to[1] > most:
            to = target(rng, height, width, most)
        yield (height, width), to, rng.choice(list(FILTERS)), i


if __name__ == '__main__':
    count, seed, most = map(int, sys.argv[1:])
    for (height, width), to, interpolation, image in cases(count, seed, most):
        source = Image.fromarray(made_image(height, width, image))
        raw = source.resize((to[1], to[0]), FILTERS[interpolation]).tobytes()
        told = {'pillow': __version__, 'from': [height, width], 'size': to, 'interpolation': interpolation, 'image': image}
        print(json.dumps(told | {'sha256': hashlib.sha256(raw).hexdigest()[:32]}, separators=(',', ':')))
