"""
A fourth list for causes.py: faults of pipelines, and other mixes of classes. `acceptable-causes-pipeline.csv` has the names, which
were fixed before any window was judged.

Each function takes a `Window` and a severity from 1, and gives images of floats or bytes.
"""
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter
from scipy import ndimage


@dataclass
class Window:
    """The unchanged images; all that are not the baseline's, with their labels; images of another kind."""

    images: np.ndarray
    rest: np.ndarray
    labels: np.ndarray | None
    strange: np.ndarray
    rng: np.random.Generator


def pick(severity, *values):
    return values[severity - 1]


def each(images, change):
    return np.stack([np.asarray(change(image)) for image in images])


def pillow(images, change):
    return each(images, lambda image: change(Image.fromarray(image)))


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def luma(images):
    return images @ np.array([0.299, 0.587, 0.114])


def grayscale(w, severity):
    return pillow(w.images, lambda image: image.convert("L").convert("RGB"))


def bgr(w, severity):
    return w.images[..., ::-1]


def dark(w, severity):
    return w.images * pick(severity, 0.7, 0.6, 0.5, 0.35, 0.2)


def bright(w, severity):
    return w.images * pick(severity, 1.3, 1.7)


def jpeg(w, severity):
    return compressed(w.images, ".jpg", cv2.IMWRITE_JPEG_QUALITY, pick(severity, 40, 30, 20, 10, 6))


def webp(w, severity):
    return compressed(w.images, ".webp", cv2.IMWRITE_WEBP_QUALITY, pick(severity, 30, 5))


def compressed(images, kind, flag, quality):
    code = lambda image: cv2.imdecode(cv2.imencode(kind, image, [flag, quality])[1], cv2.IMREAD_COLOR)
    return each(images, code)


def mp4(w, severity):
    """Frames of a video, at its own size, or at half of it."""
    height, width = w.images.shape[1:3]
    size = (width, height) if severity == 1 else (width // 2 // 2 * 2, height // 2 // 2 * 2)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "window.mp4")
        video = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"mp4v"), 10, size)
        for image in w.images:
            video.write(np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA)[..., ::-1]))
        video.release()
        frames, capture = [], cv2.VideoCapture(path)
        while (read := capture.read())[0]:
            frames.append(cv2.resize(read[1], (width, height), interpolation=cv2.INTER_LINEAR)[..., ::-1])
    return np.stack(frames)


def label_shift(w, severity):
    """One class has so many points more."""
    return w.rest[shifted(w, pick(severity, 0.1, 0.2, 0.4))]


def shifted(w, more):
    classes = np.unique(w.labels)
    gains = classes[w.rng.integers(len(classes))]
    rows = len(w.images)
    own, others = (w.rng.permutation(np.flatnonzero(which)) for which in (w.labels == gains, w.labels != gains))
    count = round(rows * (len(own) / len(w.labels) + more))
    return w.rng.permutation(np.concatenate([own[:count], others[: rows - count]]))


def class_removed(w, severity):
    gone = w.rng.choice(np.unique(w.labels), pick(severity, 1, 3), replace=False)
    return w.rest[w.rng.permutation(np.flatnonzero(~np.isin(w.labels, gone)))[: len(w.images)]]


def class_swapped(w, severity):
    """One class comes in place of another one."""
    gone, comes = w.rng.choice(np.unique(w.labels), 2, replace=False)
    images, labels = w.images.copy(), w.labels[: len(w.images)]
    empty = np.flatnonzero(labels == gone)
    spare = w.rng.permutation(np.flatnonzero(w.labels[len(w.images) :] == comes) + len(w.images))[: len(empty)]
    images[empty[: len(spare)]] = w.rest[spare]
    return images


def class_new(w, severity):
    images = w.images.copy()
    rows = w.rng.permutation(len(images))[: round(pick(severity, 0.15, 0.3) * len(images))]
    images[rows] = w.strange[w.rng.integers(len(w.strange), size=len(rows))]
    return images


def rotated(w, severity):
    return pillow(w.images, lambda image: image.rotate(pick(severity, 5, 15), Image.BICUBIC))


def zoomed(w, severity):
    keep = 1 / pick(severity, 1.1, 1.25)

    def change(image):
        cut = (1 - keep) / 2
        box = (cut * image.width, cut * image.height, (1 - cut) * image.width, (1 - cut) * image.height)
        return image.resize(image.size, Image.BILINEAR, box)

    return pillow(w.images, change)


def moved(w, severity):
    """To the right and down; what is left is black, or the edge."""
    by = round(pick(severity, 3, 3) * w.images.shape[1] / 32)
    kept = w.images[:, : -by, : -by]
    return np.pad(kept, [(0, 0), (by, 0), (by, 0), (0, 0)], mode=pick(severity, "constant", "edge"))


def watermark(w, severity):
    """A light text across one place."""
    height, width = w.images.shape[1:3]
    text = np.zeros((height, width), np.uint8)
    place = (1, height - height // 6)
    cv2.putText(text, pick(severity, "AB", "CAM7"), place, cv2.FONT_HERSHEY_SIMPLEX, height / 80, 255, 1)
    cover = (pick(severity, 0.6, 0.9) * (text / 255.0))[..., None]
    return w.images * (1 - cover) + 255 * cover


def fixed_pattern(w, severity):
    """Every pixel of the sensor has an offset of its own."""
    return w.images + w.rng.normal(0, pick(severity, 4, 10), w.images.shape[1:])


def noise(w, severity):
    return w.images + w.rng.normal(0, pick(severity, 5, 12, 28), w.images.shape)


def gaussian_blur(w, severity):
    return pillow(w.images, lambda image: image.filter(ImageFilter.GaussianBlur(pick(severity, 0.7, 1.2, 2.2))))


def blurred_and_dark(w, severity):
    return gaussian_blur(w, severity + 1) * pick(severity, 0.6, 0.4)


def noisy_and_dark(w, severity):
    return np.clip(w.images * 0.5, 0, 255) + w.rng.normal(0, pick(severity, 8), w.images.shape)


def gamma(w, severity):
    return 255 * (w.images / 255.0) ** pick(severity, 0.6, 1.6)


def contrast(w, severity):
    return pillow(w.images, lambda image: ImageEnhance.Contrast(image).enhance(pick(severity, 0.75, 0.5)))


def smaller(w, severity):
    side = round(pick(severity, 0.75, 0.5) * w.images.shape[1])
    return pillow(w.images, lambda image: image.resize((side, side), Image.BICUBIC).resize(image.size, Image.BICUBIC))


def nearest(w, severity):
    side = round(pick(severity, 0.5, 0.34) * w.images.shape[1])
    return pillow(w.images, lambda image: image.resize((side, side), Image.NEAREST).resize(image.size, Image.NEAREST))


def negative(w, severity):
    return 255 - w.images


def upside_down(w, severity):
    return w.images[:, ::-1]


def quarter(w, severity):
    return np.rot90(w.images, axes=(1, 2))


def hue(w, severity):
    def change(image):
        hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + 20) % 180
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)

    return each(w.images, change)


def warm(w, severity):
    return w.images * np.array([1.1, 1, 0.75])


def cool(w, severity):
    return w.images * np.array([0.75, 1, 1.1])


def dark_later(w, severity):
    """The second half of the window."""
    images = w.images.astype(float)
    images[len(images) // 2 :] *= 0.4
    return images


def blurred_later(w, severity):
    half = len(w.images) // 2
    return np.concatenate([w.images[:half], gaussian_blur(w, 2)[half:]])


def bars(w, severity):
    images = w.images.copy()
    by = round(pick(severity, 0.1, 0.2) * images.shape[1])
    images[:, :by] = images[:, -by:] = 0
    return images


def dead_column(w, severity):
    images = w.images.copy()
    images[:, :, images.shape[2] // 3] = 0
    return images


def salt_and_pepper(w, severity):
    images = w.images.copy()
    drawn = w.rng.random(images.shape[:3])
    share = pick(severity, 0.005, 0.02)
    images[drawn < share / 2] = 0
    images[drawn > 1 - share / 2] = 255
    return images


def posterised(w, severity):
    return w.images >> 5 << 5


def vignette(w, severity):
    height, width = w.images.shape[1:3]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return w.images * (1 - pick(severity, 0.5, 0.8) * (x**2 + y**2) / 2)[None, ..., None]


def frozen(w, severity):
    return w.images[np.repeat(np.arange(len(w.images)), 20)[: len(w.images)]]


def desaturated(w, severity):
    gray = luma(w.images)[..., None]
    return gray + pick(severity, 0.6, 0.3) * (w.images - gray)


def sharpened(w, severity):
    soft = ndimage.gaussian_filter(w.images.astype(float), (0, 1, 1, 0))
    return w.images + 1.2 * (w.images - soft)


def fog(w, severity):
    return w.images + pick(severity, 0.3, 0.6) * (220 - w.images.astype(float))


def shifted_and_blurred(w, severity):
    w.images = w.rest[shifted(w, 0.4)]
    return gaussian_blur(w, 2)


#: Severities; what needs colours, and what needs labels.
PIPELINE = {
    "dark": 5, "bright": 2, "jpeg": 5, "webp": 2, "mp4": 2, "class_new": 2, "rotated": 2, "zoomed": 2, "moved": 2,
    "watermark": 2, "fixed_pattern": 2, "noise": 3, "gaussian_blur": 3, "blurred_and_dark": 2, "noisy_and_dark": 1,
    "gamma": 2, "contrast": 2, "smaller": 2, "nearest": 2, "negative": 1, "upside_down": 1, "quarter": 1,
    "dark_later": 1, "blurred_later": 1, "bars": 2, "dead_column": 1, "salt_and_pepper": 2, "posterised": 1,
    "vignette": 2, "frozen": 1, "sharpened": 1, "fog": 2,
}  # fmt: skip
COLOURED = {"grayscale": 1, "bgr": 1, "hue": 1, "warm": 1, "cool": 1, "desaturated": 2}
LABELLED = {"label_shift": 3, "class_removed": 2, "class_swapped": 2, "shifted_and_blurred": 1}


def windows(images, rest, labels, strange, seeds):
    coloured = np.ptp(images, axis=3).any()
    kinds = {**PIPELINE, **(COLOURED if coloured else {}), **(LABELLED if labels is not None else {})}
    for i, (name, severities) in enumerate(kinds.items()):
        for severity in range(1, severities + 1):
            own = Window(images, rest, labels, strange, np.random.default_rng([*seeds, 400 + i, severity]))
            yield f"pipe_{name}-{severity}", clipped(globals()[name](own, severity))
