"""Writes images in every format and variant that is decoded or refused, and what Pillow makes of each:
make_images.py OUT PHOTO… [--npz FILE…] [--names REGEX]

OUT gets the files and manifest.jsonl, a line a file: name, group, options, what is expected of ours (`equal`, `refused`,
or `any`: equal if it is decoded), and Pillow's size and sha256 of the RGB bytes, or its error. Photographs are resized
to several sizes; an npz has uint8 images in arr_0. With --names, only files whose names match are written. Needs
Pillow, numpy and simplejpeg, which writes subsamplings that Pillow cannot.
"""
import argparse
import json
import pathlib
import re

import numpy as np
from PIL import Image

from gif_variants import gifs
from jpeg_variants import jpegs
from bmp_variants import bmps
from pillow_peer import verdict
from png_variants import pngs
from sharp_variants import avifs, tiffs, webps

LARGE = [(500, 333), (375, 500)]
SMALL = [(61, 47), (17, 1), (1, 19), (8, 8), (16, 16), (23, 11)]


def sources(photos, archives):
    """Name and RGB image: each photograph large, the first in all small sizes, and small images of the archives."""
    for number, path in enumerate(photos):
        photo = Image.open(path).convert("RGB")
        for size in [LARGE[number % 2], *(SMALL if number == 0 else [])]:
            yield f"photo{number + 1}-{size[0]}x{size[1]}", photo.resize(size, Image.Resampling.BICUBIC)
    for path in archives:
        images = np.load(path)["arr_0"][:2]
        for row, pixels in enumerate(images):
            yield f"{pathlib.Path(path).stem}-{row}", Image.fromarray(pixels).convert("RGB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--npz", nargs="*", default=[])
    parser.add_argument("--names", default="")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    images = list(sources(arguments.photos, arguments.npz))
    small = [(name, image) for name, image in images if image.size not in LARGE]
    with open(arguments.out / "manifest.jsonl", "w") as manifest:
        for make in (jpegs, pngs, gifs, bmps, webps, tiffs, avifs):
            # Only JPEG has arithmetic that large images show more of; Pillow reads some of the others in Python.
            for name, data, expected, options in make(images if make is jpegs else small):
                if not re.search(arguments.names, name):
                    continue
                (arguments.out / name).write_bytes(data)
                group = name.split("_")[0]
                line = {"name": name, "group": group, "expected": expected, "options": options}
                manifest.write(json.dumps(line | verdict(data, options)) + "\n")


main()
