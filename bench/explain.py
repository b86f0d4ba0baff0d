"""
Windows for explain.ts, made by other implementations than ours: `explain.py JOB`, a JSON of

    {"out": folder, "seed": 1, "rows": 500, "windows": csv, "asked": names or null, "sets": [{"name", "images": npz, "baseline": 2500}]}

For each set: `<name>/baseline.npz`, and `<name>/<window>.npz` for each line of the csv, of other images than the baseline's, drawn
anew for each window. `<name>/<window>_same.npz` is the baseline, changed in the same way. Strengths are drawn by the seed. Each image
is changed by chance: `<name>/shares.json` has the share of those that were, by window.
"""
import csv
import io
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from scipy import ndimage

# imagecorruptions calls it by a name that NumPy 2 does not have.
np.float_ = np.float64


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def each(change):
    return lambda images, rng: np.stack([np.asarray(change(Image.fromarray(i))) for i in images])


def enhanced(kind, low, high):
    def make(images, rng):
        factor = rng.uniform(low, high)
        return each(lambda i: kind(i).enhance(factor))(images, rng)
    return make


def opencv(change, low, high):
    def make(images, rng):
        strength = rng.uniform(low, high)
        return np.stack([change(np.ascontiguousarray(i), strength) for i in images])
    return make


def values(change, low, high):
    def make(images, rng):
        return clipped(change(images.astype(float), rng.uniform(low, high), rng))
    return make


def foreign(name, severities):
    def make(images, rng):
        from imagecorruptions import corrupt, corruptions
        from skimage.filters import gaussian

        corruptions.gaussian = lambda image, sigma=1, multichannel=False, **o: gaussian(
            image, sigma, channel_axis=-1 if multichannel else None, **o)
        severity = int(rng.choice(severities))
        np.random.seed(rng.integers(2**31))
        made = [np.asarray(corrupt(i, severity=severity, corruption_name=name)) for i in images]
        return np.stack([clipped(new) if np.isfinite(new).all() else old for old, new in zip(images, made)])
    return make


def jpeg(image, quality):
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return Image.open(held).convert("RGB")


def compressed(images, rng):
    quality = int(rng.integers(6, 40))
    return each(lambda i: jpeg(i, quality))(images, rng)


def coarse(images, rng):
    side = int(images.shape[1] * rng.uniform(0.3, 0.7))
    small = [cv2.resize(i, (side, side), interpolation=cv2.INTER_AREA) for i in images]
    return np.stack([cv2.resize(i, images.shape[2:0:-1], interpolation=cv2.INTER_LINEAR) for i in small])


def motion(image, length):
    kernel = np.zeros((int(length), int(length)))
    kernel[int(length) // 2] = 1 / int(length)
    return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def turned(image, degrees):
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    return cv2.warpAffine(image, matrix, (width, height))


def hue(image, degrees):
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0] + int(degrees / 2)) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def perspective(image, part):
    side = image.shape[0] - 1
    corners = np.float32([[0, 0], [side, 0], [side, side], [0, side]])
    moved = np.float32([[part * side, 0], [side * (1 - part), 0], [side, side], [0, side]])
    return cv2.warpPerspective(image, cv2.getPerspectiveTransform(corners, moved), image.shape[1::-1])


def barred(images, share):
    bar = max(1, round(share * images.shape[1]))
    changed = images.copy()
    changed[:, :bar] = changed[:, -bar:] = 0
    return changed


def light_off(images, loss):
    y, x = np.mgrid[-1 : 1 : images.shape[1] * 1j, -1 : 1 : images.shape[2] * 1j]
    return images * (1 - loss * (x**2 + y**2) / 2)[None, :, :, None]


def waved(images, strength, rng):
    rows = np.arange(images.shape[1])[:, None] + strength * np.sin(np.arange(images.shape[2]) / 3)[None, :]
    columns = np.broadcast_to(np.arange(images.shape[2])[None, :], rows.shape)
    return np.stack([np.stack([ndimage.map_coordinates(i[..., c], [rows, columns], order=1, mode="nearest")
                               for c in range(3)], -1) for i in images])


def blurred(low, high):
    return values(lambda x, s, rng: ndimage.gaussian_filter(x, (0, s, s, 0)), low, high)


def in_turn(*makes):
    def make(images, rng):
        for one in makes:
            images = one(images, rng)
        return images
    return make


def shared(make, share):
    def mixed(images, rng):
        changed = make(images, rng)
        is_changed = rng.random(len(images)) < share
        mixed.share = is_changed.mean()
        return np.where(is_changed[:, None, None, None], changed, images)
    return mixed


dark = enhanced(ImageEnhance.Brightness, 0.3, 0.6)
noisy = values(lambda x, s, rng: x + rng.normal(0, 255 * s, x.shape), 0.04, 0.12)
pale = enhanced(ImageEnhance.Contrast, 0.3, 0.6)
MAKES = {
    "darker": dark,
    "brighter": enhanced(ImageEnhance.Brightness, 1.5, 2.2),
    "gamma": values(lambda x, s, rng: 255 * (x / 255) ** s, 1.7, 2.6),
    "contrast": pale,
    "fog": foreign("fog", [2, 3, 4]),
    "gaussian_blur": blurred(0.7, 1.5),
    "box_blur": opencv(lambda i, s: cv2.blur(i, (int(s), int(s))), 3, 4.9),
    "motion_blur": opencv(motion, 4, 7.9),
    "gaussian_noise": noisy,
    "shot_noise": values(lambda x, s, rng: rng.poisson(x / 255 * s) / s * 255, 15, 60),
    "impulse_noise": values(lambda x, s, rng: np.where(rng.random(x.shape) < s, 255.0 * (rng.random(x.shape) < 0.5), x), 0.02, 0.1),
    "jpeg": compressed,
    "resolution": coarse,
    "saturation": enhanced(ImageEnhance.Color, 1.8, 3),
    "hue": opencv(hue, 40, 160),
    "gray": each(lambda i: i.convert("L").convert("RGB")),
    "rotation": opencv(turned, 12, 30),
    "letterbox": values(lambda x, s, rng: barred(x, s), 0.1, 0.2),
    "vignette": values(lambda x, s, rng: light_off(x, s), 0.4, 0.9),
    "inversion": each(ImageOps.invert),
    "share_dark": shared(dark, 0.4),
    "share_blur": shared(blurred(1, 1.5), 0.7),
    "pair_blur_dark": in_turn(blurred(0.7, 1.1), dark),
    "pair_contrast_noise": in_turn(pale, noisy),
    "share_dark_10": shared(dark, 0.1),
    "share_blur_40": shared(blurred(1, 1.5), 0.4),
    "share_noise_70": shared(noisy, 0.7),
    "pair_blur_noise": in_turn(blurred(0.7, 1.1), noisy),
    "pair_gamma_noise": in_turn(values(lambda x, s, rng: 255 * (x / 255) ** s, 1.7, 2.6), noisy),
    "pair_dark_jpeg": in_turn(dark, compressed),
    "posterised": each(lambda i: ImageOps.posterize(i, 2)),
    "solarised": each(lambda i: ImageOps.solarize(i, 128)),
    "equalised": each(ImageOps.equalize),
    "elastic_transform": foreign("elastic_transform", [3, 4]),
    "glass_blur": foreign("glass_blur", [1, 2]),
    "zoom_blur": foreign("zoom_blur", [2, 3]),
    "snow": foreign("snow", [2, 3]),
    "spatter": foreign("spatter", [2, 3]),
    "speckle_noise": foreign("speckle_noise", [3, 4]),
    "perspective": opencv(perspective, 0.15, 0.3),
    "median_filter": each(lambda i: i.filter(ImageFilter.MedianFilter(5))),
    "waves": values(waved, 1.2, 2.2),
    "overlap_50_dark": dark,
}


# Weights of the classes, in an order that is drawn.
MIXES = {
    "mix_halves": [0.25] * 5 + [1] * 5,
    "mix_one_often": [5] + [1] * 9,
    "mix_two_missing": [0] * 2 + [1] * 8,
}


def mixed_rows(weights, labels, count, rng):
    _, places = np.unique(labels, return_inverse=True)
    weight = rng.permutation(weights)[places]
    return rng.choice(len(labels), min(count, int((weight > 0).sum())), replace=False, p=weight / weight.sum())


def read(path):
    stored = np.load(path)
    images = stored["arr_0"]
    return (np.repeat(images[..., None], 3, axis=3) if images.ndim == 3 else images), stored["arr_1"]


def save(path, images, labels):
    np.savez(path, np.ascontiguousarray(images), labels)


def main(job):
    lines = list(csv.DictReader(open(job["windows"])))
    for number, one in enumerate(job["sets"]):
        folder = Path(job["out"]) / one["name"]
        folder.mkdir(parents=True, exist_ok=True)
        images, labels = read(one["images"])
        order = np.random.default_rng([job["seed"], number]).permutation(len(images))
        known, rest = order[: one["baseline"]], order[one["baseline"] :]
        np.savez(folder / "baseline.npz", images[known], labels[known])
        shares = {}
        for i, line in enumerate(lines):
            if line["images"] not in ("", one["name"]) or line["window"] not in (job["asked"] or [line["window"]]):
                continue
            # Strengths come from a generator of their own, so that the same ones are drawn for the baseline.
            rng = [np.random.default_rng([job["seed"], number, i]) for _ in range(2)]
            chosen = np.random.default_rng([job["seed"], number, i, 1]).permutation(rest)[: job["rows"]]
            if line["kind"] == "mix":
                chosen = rest[mixed_rows(MIXES[line["window"]], labels[rest], job["rows"], rng[0])]
            if line["kind"] == "overlap":
                count = round(int(line["window"].split("_")[1]) / 100 * len(chosen))
                chosen = np.concatenate([rng[0].permutation(known)[:count], chosen[count:]])
            if line["window"] not in MAKES:
                save(folder / f"{line['window']}.npz", images[chosen], labels[chosen])
                continue
            make = MAKES[line["window"]]
            save(folder / f"{line['window']}.npz", make(images[chosen], rng[0]), labels[chosen])
            if line["kind"] == "share":
                shares[line["window"]] = make.share
            if line["kind"] != "held-out":
                save(folder / f"{line['window']}_same.npz", make(images[known], rng[1]), labels[known])
        (folder / "shares.json").write_text(json.dumps(shares))
        print(one["name"], len(known), min(len(rest), job["rows"]), flush=True)


main(json.loads(Path(sys.argv[1]).read_text()))
