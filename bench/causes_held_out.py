"""
Corruptions that no rule for causes was made with: those of albumentations, OpenCV, Pillow and scikit-image, two of them at a
time, half of a window, other mixes of classes. `causes.py` makes their windows; `acceptable-causes-held-out.csv` has the
names, which were fixed before any was run.

Each function takes images, a severity from 1, a seed and the labels' window, and gives images.
"""
import io

import albumentations as A
import cv2
import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def augmented(*transforms):
    """One of albumentations for each severity."""

    def change(images, severity, seed):
        pipeline = A.Compose([transforms[severity - 1]], seed=seed)
        return np.stack([pipeline(image=np.ascontiguousarray(image))["image"] for image in images])

    return change, len(transforms)


def pillow(*functions):
    def change(images, severity, seed):
        own = functions[severity - 1]
        return np.stack([np.asarray(own(Image.fromarray(image)).convert("RGB")) for image in images])

    return change, len(functions)


def opencv(*functions):
    def change(images, severity, seed):
        return np.stack([clipped(functions[severity - 1](image)) for image in images])

    return change, len(functions)


def together(*functions):
    """Functions of all images."""

    def change(images, severity, seed):
        return clipped(functions[severity - 1](images, np.random.default_rng(seed)))

    return change, len(functions)


def both(first, second):
    """Two corruptions, one after the other; each severity of them."""

    def change(images, severity, seed):
        return second[0](first[0](images, severity, seed), severity, seed + 1)

    return change, min(first[1], second[1])


def half(one):
    """Every other image: one camera of two."""

    def change(images, severity, seed):
        changed = images.copy()
        changed[::2] = one[0](images[::2], severity, seed)
        return changed

    return change, one[1]


def saved(image, kind, quality):
    file = io.BytesIO()
    image.save(file, kind, quality=quality)
    return Image.open(file)


def resized(image, factor, down, up):
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(2, round(width * factor)), max(2, round(height * factor))), interpolation=down)
    return cv2.resize(small, (width, height), interpolation=up)


def turned_hue(image, degrees):
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(int) + degrees // 2) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def gradient(image):
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    edges = np.hypot(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    return np.repeat(edges[..., None] / 2, 3, axis=2)


def written(image, text, size):
    return cv2.putText(image.copy(), text, (2, image.shape[0] - 3), cv2.FONT_HERSHEY_PLAIN, size, (255, 255, 0), 1)


def across(images, low):
    """Light falls off from left to right."""
    return images * np.linspace(1, low, images.shape[2])[None, None, :, None]


def flickering(images, rng, depth):
    """Bands of light along the rows, with a phase of its own in every image: a lamp and a rolling shutter."""
    rows = np.arange(images.shape[1])[None, :] * 2 * np.pi / 5 + rng.uniform(0, 2 * np.pi, len(images))[:, None]
    return images * (1 - depth / 2 + depth / 2 * np.sin(rows))[:, :, None, None]


def interlaced(images, shift):
    changed = images.copy()
    changed[:, 1::2] = np.roll(images[:, 1::2], shift, axis=2)
    return changed


def stuck(images, rng, share):
    """Columns that are white in all images."""
    changed = images.copy()
    width = images.shape[2]
    changed[:, :, rng.permutation(width)[: max(1, round(share * width))]] = 255
    return changed


def dust(images, rng, count):
    """Soft dark spots, at the same places in all images."""
    height, width = images.shape[1:3]
    y, x = np.mgrid[0:height, 0:width]
    light = np.ones((height, width))
    for _ in range(count):
        top, left = rng.uniform(0.15, 0.85, 2) * [height, width]
        light *= 1 - 0.85 * np.exp(-((y - top) ** 2 + (x - left) ** 2) / (2 * (0.07 * width) ** 2))
    return images * light[None, :, :, None]


def corners(images, width):
    height, wide = images.shape[1:3]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : wide * 1j]
    return images * np.exp(-(x**2 + y**2) / (2 * width**2))[None, :, :, None]


def plate(images, side):
    """A gray plate in the upper left corner."""
    changed = images.copy()
    changed[:, : round(side * images.shape[1]), : round(side * images.shape[2])] = 128
    return changed


def light(factor):
    return lambda image: ImageEnhance.Brightness(image).enhance(factor)


def pale(factor):
    return lambda image: ImageEnhance.Contrast(image).enhance(factor)


def colour(factor):
    return lambda image: ImageEnhance.Color(image).enhance(factor)


def soft(radius):
    return lambda image: image.filter(ImageFilter.GaussianBlur(radius))


def cast(*factors):
    return lambda image: image * np.array(factors)


ALWAYS = {"p": 1}
BLACK = {"border_mode": cv2.BORDER_CONSTANT, "fill": 0, **ALWAYS}
REFLECTED = {"border_mode": cv2.BORDER_REFLECT_101, **ALWAYS}

GRAIN = augmented(*(A.GaussNoise(std_range=(s, s), **ALWAYS) for s in (0.05, 0.15)))
DARK = pillow(light(0.75), light(0.4))
SOFT = pillow(soft(0.8), soft(2))
FADED = pillow(pale(0.7), pale(0.4))
WARM = opencv(cast(1.1, 1, 0.85), cast(1.2, 1, 0.6))
JPEG = pillow(*((lambda image, q=q: saved(image, "JPEG", q)) for q in (30, 10)))
PLATE = together(*((lambda images, rng, s=s: plate(images, s)) for s in (0.2, 0.35)))
INVERTED = pillow(ImageOps.invert)

HELD_OUT = {
    "alb_gauss_noise": GRAIN,
    "alb_iso_noise": augmented(*(A.ISONoise(intensity=(s, s), **ALWAYS) for s in (0.3, 0.8))),
    "alb_multiplied_noise": augmented(
        *(A.MultiplicativeNoise((1 - s, 1 + s), elementwise=True, per_channel=True, **ALWAYS) for s in (0.3, 0.6))
    ),
    "alb_salt_and_pepper": augmented(*(A.SaltAndPepper(amount=(s, s), **ALWAYS) for s in (0.01, 0.06))),
    "alb_pixel_dropout": augmented(*(A.PixelDropout(s, **ALWAYS) for s in (0.01, 0.05))),
    "alb_motion_blur": augmented(*(A.MotionBlur((s, s), **ALWAYS) for s in (5, 9))),
    "alb_defocus": augmented(*(A.Defocus((s, s), **ALWAYS) for s in (2, 4))),
    "alb_ringing": augmented(*(A.RingingOvershoot((7, 7), cutoff=(s, s), **ALWAYS) for s in (1.5, 0.8))),
    "cv_median_blur": opencv(*((lambda image, s=s: cv2.medianBlur(image, s)) for s in (3, 7))),
    "cv_box_blur": opencv(*((lambda image, s=s: cv2.blur(image, (s, s))) for s in (3, 6))),
    "cv_bilateral": opencv(*((lambda image, s=s: cv2.bilateralFilter(image, 7, s, 5)) for s in (25, 75))),
    "pil_gaussian_blur": SOFT,
    "cv_resized": opencv(*((lambda image, s=s: resized(image, s, cv2.INTER_AREA, cv2.INTER_CUBIC)) for s in (0.7, 0.4))),
    "cv_nearest": opencv(*((lambda image, s=s: resized(image, s, cv2.INTER_NEAREST, cv2.INTER_NEAREST)) for s in (0.5, 0.25))),
    "pil_jpeg": JPEG,
    "pil_webp": pillow(*((lambda image, q=q: saved(image, "WEBP", q)) for q in (30, 3))),
    "pil_posterize": pillow(*((lambda image, b=b: ImageOps.posterize(image, b)) for b in (4, 2))),
    "pil_palette": pillow(*((lambda image, n=n: image.quantize(n)) for n in (16, 6))),
    "pil_solarize": pillow(*((lambda image, t=t: ImageOps.solarize(image, t)) for t in (192, 100))),
    "pil_invert": INVERTED,
    "pil_equalize": pillow(ImageOps.equalize),
    "alb_clahe": augmented(*(A.CLAHE((s, s), (4, 4), **ALWAYS) for s in (2, 6))),
    "alb_gamma_brighter": augmented(*(A.RandomGamma((s, s), **ALWAYS) for s in (70, 45))),
    "alb_gamma_darker": augmented(*(A.RandomGamma((s, s), **ALWAYS) for s in (140, 220))),
    "pil_darker": DARK,
    "pil_brighter": pillow(light(1.25), light(1.7)),
    "pil_more_contrast": pillow(pale(1.4), pale(2.2)),
    "pil_less_contrast": FADED,
    "pil_less_colour": pillow(colour(0.5), colour(0)),
    "pil_more_colour": pillow(colour(1.6), colour(3)),
    "pil_sharpness": pillow(*((lambda image, s=s: ImageEnhance.Sharpness(image).enhance(s)) for s in (2, 5))),
    "pil_unsharp_mask": pillow(*((lambda image, s=s: image.filter(ImageFilter.UnsharpMask(2, s, 0))) for s in (80, 250))),
    "cv_warm": WARM,
    "cv_cold": opencv(cast(0.85, 1, 1.1), cast(0.6, 1, 1.2)),
    "cv_green": opencv(cast(0.92, 1.08, 0.92), cast(0.7, 1.1, 0.7)),
    "alb_sepia": augmented(A.ToSepia(**ALWAYS)),
    "cv_no_blue": opencv(cast(1, 1, 0)),
    "cv_no_red": opencv(cast(0, 1, 1)),
    "cv_rotated_channels": opencv(lambda image: image[..., [1, 2, 0]]),
    "cv_hue": opencv(*((lambda image, s=s: turned_hue(image, s)) for s in (40, 120))),
    "alb_fog": augmented(*(A.RandomFog(alpha_coef=0.1, fog_coef_range=(s, s), **ALWAYS) for s in (0.4, 0.9))),
    "alb_rain": augmented(*(A.RandomRain(rain_type=s, blur_value=3, **ALWAYS) for s in ("drizzle", "heavy"))),
    "alb_snow": augmented(*(A.RandomSnow(snow_point_range=(s, s), **ALWAYS) for s in (0.2, 0.5))),
    "alb_shadow": augmented(*(A.RandomShadow((0, 0, 1, 1), (n, n), shadow_intensity_range=(0.5, 0.5), **ALWAYS) for n in (1, 3))),
    "alb_spatter_rain": augmented(*(A.Spatter(mode="rain", intensity=(s, s), **ALWAYS) for s in (0.5, 0.9))),
    "alb_spatter_mud": augmented(*(A.Spatter(mode="mud", intensity=(s, s), **ALWAYS) for s in (0.3, 0.7))),
    "alb_boxes": augmented(
        *(A.CoarseDropout((n, n), (0.2, 0.35), (0.2, 0.35), fill=0, **ALWAYS) for n in (1, 4)),
    ),
    "alb_random_boxes": augmented(
        *(A.CoarseDropout((n, n), (0.2, 0.35), (0.2, 0.35), fill="random_uniform", **ALWAYS) for n in (1, 4)),
    ),
    "alb_grid_of_boxes": augmented(*(A.GridDropout(s, **ALWAYS) for s in (0.3, 0.6))),
    "alb_rotated": augmented(A.Rotate((-10, 10), **REFLECTED), A.Rotate((-30, 30), **BLACK)),
    "alb_rotated_45": augmented(A.Rotate((45, 45), **REFLECTED)),
    "alb_shifted": augmented(
        *(A.Affine(translate_percent={"x": (s, s), "y": (s, s)}, **REFLECTED) for s in (0.1, 0.25))
    ),
    "alb_zoomed_in": augmented(*(A.Affine(scale=s, **REFLECTED) for s in (1.3, 1.8))),
    "alb_zoomed_out": augmented(*(A.Affine(scale=s, **BLACK) for s in (0.8, 0.5))),
    "alb_perspective": augmented(*(A.Perspective((s, s), **ALWAYS) for s in (0.06, 0.15))),
    "alb_elastic": augmented(*(A.ElasticTransform(alpha, 4, **ALWAYS) for alpha in (20, 60))),
    "alb_grid_distortion": augmented(*(A.GridDistortion(5, (s, s), **ALWAYS) for s in (0.2, 0.5))),
    "alb_grid_shuffle": augmented(*(A.RandomGridShuffle((n, n), **ALWAYS) for n in (2, 4))),
    "alb_emboss": augmented(*(A.Emboss((s, s), (s, s), **ALWAYS) for s in (0.3, 0.7))),
    "alb_colour_fringes": augmented(*(A.ChromaticAberration((s, s), (s, s), **ALWAYS) for s in (0.05, 0.2))),
    "cv_edges": opencv(gradient),
    "pil_flipped": pillow(ImageOps.flip),
    "pil_mirrored": pillow(ImageOps.mirror),
    "pil_transposed": pillow(lambda image: image.transpose(Image.Transpose.TRANSPOSE)),
    "cv_written": opencv(*((lambda image, s=s: written(image, "12:04", s)) for s in (0.6, 1))),
    "plate": PLATE,
    "dust": together(*((lambda images, rng, n=n: dust(images, rng, n)) for n in (1, 3))),
    "stuck_columns": together(*((lambda images, rng, s=s: stuck(images, rng, s)) for s in (0.01, 0.06))),
    "flicker": together(*((lambda images, rng, s=s: flickering(images, rng, s)) for s in (0.3, 0.7))),
    "interlaced": together(*((lambda images, rng, s=s: interlaced(images, s)) for s in (1, 3))),
    "dark_corners": together(*((lambda images, rng, s=s: corners(images, s)) for s in (1, 0.6))),
    "dark_side": together(*((lambda images, rng, s=s: across(images, s)) for s in (0.6, 0.2))),
    "soft_and_dark": both(SOFT, DARK),
    "dark_and_noisy": both(DARK, GRAIN),
    "faded_and_noisy": both(FADED, GRAIN),
    "dark_and_jpeg": both(DARK, JPEG),
    "warm_and_soft": both(SOFT, WARM),
    "dark_and_plate": both(DARK, PLATE),
    "half_soft": half(SOFT),
    "half_dark": half(DARK),
    "half_noisy": half(GRAIN),
    "half_faded": half(FADED),
    "half_inverted": half(INVERTED),
}
