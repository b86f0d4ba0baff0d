"""
A third list of corruptions for causes.py. `LIKE` has the nineteen kinds of imagecorruptions, made by other code in other
strengths, and fifteen of our own; `MORE` has what is harder: two at a time, half of a window, changes without a name.
`acceptable-causes-fresh.csv` has the names, which were fixed before any was run.

Each function takes images, a severity from 1, and a generator, and gives images of floats or bytes.
"""
import cv2
import numpy as np
from PIL import Image
from scipy import ndimage


def clipped(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def pick(severity, *values):
    return values[severity - 1]


def linear(images):
    """Amounts of light; screens show powers of them."""
    return (images / 255.0) ** 2.2


def shown(light):
    return 255 * np.clip(light, 0, 1) ** (1 / 2.2)


def luma(images):
    return images @ np.array([0.299, 0.587, 0.114])


def each(images, change):
    return np.stack([change(image) for image in images])


def sensor_noise(images, severity, rng):
    """Photons are counted, and then read with an error."""
    photons = pick(severity, 2000, 500, 120)
    return shown(rng.poisson(linear(images) * photons) / photons + rng.normal(0, 2 / photons, images.shape))


def grain(images, severity, rng):
    """Film: of one colour, coarser than a pixel, strongest in middle tones."""
    own = ndimage.gaussian_filter(rng.normal(0, 1, images.shape[:3]), (0, 0.6, 0.6))
    tones = 4 * (luma(images) / 255) * (1 - luma(images) / 255)
    return images + (pick(severity, 12, 25, 50) * tones * own / own.std())[..., None]


def chroma_noise(images, severity, rng):
    own = rng.normal(0, pick(severity, 10, 20, 40), images.shape)
    return images + own - luma(own)[..., None]


def hot_pixels(images, severity, rng):
    """Of one colour, elsewhere in each image, as with a long exposure."""
    changed = images.copy()
    changed[rng.random(images.shape) < pick(severity, 0.003, 0.01, 0.03)] = 255
    return changed


def lens_blur(images, severity, rng):
    radius = pick(severity, 1, 1.7, 3)
    y, x = np.mgrid[-4:5, -4:5]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return each(images.astype(np.float64), lambda image: cv2.filter2D(image, -1, disc / disc.sum()))


def moved(images, dy, dx, order=1):
    """Each pixel is taken from so far away; dy and dx are those of one image, or of each."""
    y, x = np.mgrid[: images.shape[1], : images.shape[2]].astype(np.float32)
    flag = cv2.INTER_LINEAR if order else cv2.INTER_NEAREST
    many = np.broadcast_to(np.stack([dy, dx], -1), (*images.shape[:3], 2)).astype(np.float32)
    return np.stack(
        [
            cv2.remap(image, x + by[..., 1], y + by[..., 0], flag, borderMode=cv2.BORDER_REFLECT)
            for image, by in zip(images.astype(np.float32), many)
        ]
    )


def ground_glass(images, severity, rng):
    reach = pick(severity, 0.7, 1.2, 2)
    away = rng.uniform(-reach, reach, (2, *images.shape[:3]))
    return moved(images, *away)


def shake(images, severity, rng):
    """A hand's path, another one for each image."""
    steps = pick(severity, 4, 8, 16)
    changed = np.zeros(images.shape)
    for i, image in enumerate(images.astype(np.float64)):
        path = np.cumsum(rng.normal(0, 0.7, (steps, 2)), axis=0)
        changed[i] = np.mean([ndimage.shift(image, (*by, 0), order=1, mode="reflect") for by in path - path.mean(0)], 0)
    return changed


def zooming(images, severity, rng):
    """The lens zooms while the shutter is open."""
    most = pick(severity, 0.05, 0.12, 0.25)
    height, width = images.shape[1:3]

    def change(image):
        photo = Image.fromarray(image)
        zooms = []
        for by in np.linspace(0, most / 2, 8):
            box = (by * width, by * height, width - by * width, height - by * height)
            zooms.append(np.asarray(photo.resize((width, height), Image.BICUBIC, box), np.float64))
        return np.mean(zooms, 0)

    return each(images, change)


def binomial_blur(images, severity, rng):
    changed = images.astype(np.float64)
    for _ in range(pick(severity, 1, 3, 8)):
        for axis in (1, 2):
            changed = ndimage.convolve1d(changed, [0.25, 0.5, 0.25], axis)
    return changed


def discs(images, rng, share, sizes, soft=0.5):
    """How far each pixel is covered, in each image, by discs of random places that cover about such a share."""
    count, height, width = images.shape[:3]
    cover = np.zeros((count, height, width))
    y, x = np.mgrid[:height, :width]
    for mask in cover:
        while mask.mean() < share:
            top, left, radius = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(*sizes) * width / 32
            np.maximum(mask, np.clip((radius - np.hypot(y - top, x - left)) / soft + 0.5, 0, 1), out=mask)
    return cover[..., None]


def snowfall(images, severity, rng):
    cover = discs(images, rng, pick(severity, 0.04, 0.1, 0.2), (0.5, 1.6))
    pale = images + pick(severity, 0.1, 0.2, 0.35) * (235 - images)
    return pale * (1 - cover) + 250 * cover


def fractal(shape, rng, roughness=1.5):
    """A texture of all sizes, from 0 to 1, for each image."""
    count, height, width = shape
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    own = np.fft.ifft2(np.fft.fft2(rng.normal(0, 1, shape)) / frequency**roughness).real
    low, high = own.min((1, 2), keepdims=True), own.max((1, 2), keepdims=True)
    return (own - low) / (high - low)


def hoarfrost(images, severity, rng):
    cover = pick(severity, 0.35, 0.55, 0.75) * fractal(images.shape[:3], rng, 1)[..., None]
    return images * (1 - cover) + cover * np.array([215, 230, 250])


def mist(images, severity, rng):
    """Thicker above, where the distance is."""
    depth = np.linspace(1, 0.5, images.shape[1])[None, :, None, None]
    through = np.exp(-pick(severity, 0.3, 0.6, 1.2) * depth)
    return images * through + 225 * (1 - through)


def longer_exposure(images, severity, rng):
    return shown(linear(images) * pick(severity, 1.5, 2.2, 4))


def flattened(images, severity, rng):
    """Tones come nearer to middle gray."""
    kept = pick(severity, 0.75, 0.5, 0.25)
    return 128 + kept * (images - 128.0)


def ripple(images, severity, rng):
    """Waves on water that the camera looks through."""
    high = pick(severity, 0.7, 1.3, 2.2)
    y, x = np.mgrid[: images.shape[1], : images.shape[2]]
    phase = rng.uniform(0, 2 * np.pi, (2, len(images), 1, 1))
    return moved(images, high * np.sin(x / 2.2 + phase[0]), high * np.sin(y / 2.2 + phase[1]))


def mosaic(images, severity, rng):
    side = pick(severity, 2, 3, 4) * max(1, images.shape[1] // 64)
    size = images.shape[2], images.shape[1]
    small = -(-size[0] // side), -(-size[1] // side)
    return each(images, lambda image: np.asarray(Image.fromarray(image).resize(small, Image.BOX).resize(size, Image.NEAREST)))


def jpeg(images, severity, rng):
    quality = [cv2.IMWRITE_JPEG_QUALITY, pick(severity, 40, 20, 8)]
    return each(images, lambda image: cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR))


def drops(images, severity, rng):
    """Drops on the lens: soft, with the light of all that lies around."""
    cover = discs(images, rng, pick(severity, 0.08, 0.18, 0.35), (2, 4), 2)
    soft = ndimage.gaussian_filter(images.astype(np.float64), (0, 3, 3, 0))
    return images * (1 - cover) + cover * (soft + 25)


def vibrance(images, severity, rng):
    gray = luma(images)[..., None]
    return gray + pick(severity, 0.4, 1.8, 3) * (images - gray)


def negative(images, severity, rng):
    return 250 - 0.97 * images


def half_turn(images, severity, rng):
    return images[:, ::-1, ::-1]


def quarter_right(images, severity, rng):
    return np.rot90(images, -1, axes=(1, 2))


def scan_lines(images, severity, rng):
    changed = images.astype(np.float64)
    changed[:, ::3] *= pick(severity, 0.85, 0.65, 0.4)
    return changed


def column_gains(images, severity, rng):
    """Each column has a gain of its own, as in a scanner that is not calibrated."""
    return images * (1 + rng.normal(0, pick(severity, 0.06, 0.12, 0.25), images.shape[2]))[None, None, :, None]


def pillars(images, severity, rng):
    bar = max(1, round(pick(severity, 0.07, 0.14, 0.22) * images.shape[2]))
    changed = images.copy()
    changed[:, :, :bar] = changed[:, :, -bar:] = pick(severity, 0, 20, 0)
    return changed


def logo(images, severity, rng):
    """Half transparent, in the lower right corner."""
    height, width = images.shape[1:3]
    side = round(pick(severity, 0.22, 0.3, 0.4) * height)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    mark = 0.75 * ((np.hypot(x, y) < 1) & ~((np.abs(x) < 0.3) & (y > -0.6)))
    cover = np.zeros((height, width))
    cover[-side - 1 : -1, -side - 1 : -1] = mark
    return images * (1 - cover[..., None]) + cover[..., None] * np.array([255, 255, 255])


def channel_order(images, severity, rng):
    """Red and green are taken for each other."""
    return images[..., [1, 0, 2]]


def tungsten(images, severity, rng):
    """White balance of daylight under a bulb."""
    strength = pick(severity, 0.3, 0.6, 1)
    return shown(linear(images) * (1 + strength * (np.array([1.35, 0.95, 0.4]) - 1)))


def underexposed(images, severity, rng):
    return shown(linear(images) * pick(severity, 0.6, 0.35, 0.15))


def stuck_pixels(images, severity, rng):
    """Pixels of one colour at the same places in all images."""
    places = rng.random(images.shape[1:3]) < pick(severity, 0.004, 0.012, 0.03)
    changed = images.copy()
    changed[:, places] = rng.integers(0, 2, (places.sum(), 3)) * 255
    return changed


def dithered(images, severity, rng):
    """Few levels, in an ordered pattern that makes up for them."""
    pattern = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16
    height, width = images.shape[1:3]
    threshold = np.tile(pattern, (-(-height // 4), -(-width // 4)))[None, :height, :width, None]
    step = 255 / (pick(severity, 8, 4, 2) - 1)
    return np.floor(images / step + threshold) * step


def falloff(images, severity, rng):
    """The fourth power of the cosine, as behind a wide lens."""
    height, width = images.shape[1:3]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    cosine = 1 / np.sqrt(1 + pick(severity, 0.2, 0.45, 0.9) * (x**2 + y**2))
    return shown(linear(images) * (cosine**4)[None, ..., None])


def stutter(images, severity, rng):
    """Frames are shown again, with a faint noise of their own."""
    times = pick(severity, 3, 8, 30)
    rows = np.repeat(np.arange(-(-len(images) // times)), times)[: len(images)]
    return images[rows] + rng.normal(0, 0.4, images.shape)


def stickers(images, severity, rng):
    """Discs of one colour, elsewhere in each image."""
    cover = discs(images, rng, pick(severity, 0.08, 0.2, 0.4), (3, 6))
    return images * (1 - cover) + cover * rng.integers(0, 256, (len(images), 1, 1, 3))


LIKE = {
    **{f.__name__: (f, 3) for f in (sensor_noise, grain, chroma_noise, hot_pixels, lens_blur, ground_glass, shake, zooming)},
    **{f.__name__: (f, 3) for f in (binomial_blur, snowfall, hoarfrost, mist, longer_exposure, flattened, ripple, mosaic)},
    **{f.__name__: (f, 3) for f in (jpeg, drops, vibrance)},
    **{f.__name__: (f, 1) for f in (negative, half_turn, quarter_right, channel_order)},
    **{f.__name__: (f, 3) for f in (scan_lines, column_gains, pillars, logo, tungsten, underexposed, stuck_pixels)},
    **{f.__name__: (f, 3) for f in (dithered, falloff, stutter, stickers)},
}


def oversharpened(images, severity, rng):
    changed = images.astype(np.float64)
    around = ndimage.uniform_filter(changed, (0, 3, 3, 0), mode="nearest")
    return changed + pick(severity, 0.5, 1.2, 2.5) * (changed - around)


def fluorescent(images, severity, rng):
    return shown(linear(images) * (1 + pick(severity, 0.4, 1) * (np.array([0.75, 1.15, 0.7]) - 1)))


def finger(images, severity, rng):
    """In front of the lower left corner."""
    height, width = images.shape[1:3]
    y, x = np.mgrid[:height, :width]
    cover = np.clip((pick(severity, 0.25, 0.45) * height - np.hypot(height - y, x)) / 3 + 0.5, 0, 1)[None, ..., None]
    return images * (1 - cover) + cover * np.array([90, 50, 40])


def denoised(images, severity, rng):
    return each(images, lambda image: cv2.fastNlMeansDenoisingColored(image, None, *[pick(severity, 8, 20)] * 2, 3, 9))


def swirl(images, severity, rng):
    height, width = images.shape[1:3]
    y, x = np.mgrid[:height, :width] - np.array([height / 2, width / 2])[:, None, None]
    turn = pick(severity, 0.5, 1.5) * np.exp(-np.hypot(x, y) / (0.25 * width))
    return moved(images, y * np.cos(turn) + x * np.sin(turn) - y, x * np.cos(turn) - y * np.sin(turn) - x)


def cropped(images, severity, rng):
    """The middle of the image, as large as all of it was."""
    cut = round(pick(severity, 0.1, 0.25) * images.shape[1])
    size = images.shape[2], images.shape[1]
    inner = images[:, cut:-cut, cut:-cut]
    return each(inner, lambda image: np.asarray(Image.fromarray(image).resize(size, Image.BICUBIC)))


def doubled(images, severity, rng):
    """Two exposures in one image."""
    share = pick(severity, 0.25, 0.5)
    return (1 - share) * images + share * np.roll(images, 1, axis=0)


def torn(images, severity, rng):
    """The lower part is moved to one side, from another row on in each image: frames that are not whole."""
    changed = images.copy()
    for image in changed:
        row = rng.integers(2, len(image) - 2)
        image[row:] = np.roll(image[row:], rng.integers(3, 3 + pick(severity, 4, 12)), axis=1)
    return changed


def shuffled_columns(images, severity, rng):
    side = images.shape[2] // pick(severity, 2, 4)
    order = rng.permutation(images.shape[2] // side)
    return np.concatenate([images[:, :, i * side : (i + 1) * side] for i in order], axis=2)


def after(first, second):
    """Two corruptions, one after the other."""

    def change(images, severity, rng):
        return second(clipped(first(images, severity, rng)), severity, rng)

    return change


def every_other(one):
    def change(images, severity, rng):
        changed = images.copy()
        changed[::2] = clipped(one(images[::2], severity + 1, rng))
        return changed

    return change


MORE = {
    "oversharpened": (oversharpened, 3),
    **{f.__name__: (f, 2) for f in (fluorescent, finger, denoised, swirl, cropped, doubled, torn)},
    "shuffled_columns": (shuffled_columns, 2),
    "underexposed_then_noisy": (after(underexposed, sensor_noise), 3),
    "blurred_then_tungsten": (after(lens_blur, tungsten), 3),
    "misty_then_jpeg": (after(mist, jpeg), 3),
    "flattened_then_grain": (after(flattened, grain), 3),
    "underexposed_then_logo": (after(underexposed, logo), 3),
    "exposed_then_blurred": (after(longer_exposure, binomial_blur), 3),
    "half_lens_blur": (every_other(lens_blur), 2),
    "half_underexposed": (every_other(underexposed), 2),
    "half_jpeg": (every_other(jpeg), 2),
    "half_tungsten": (every_other(tungsten), 2),
    "half_grain": (every_other(grain), 2),
}

FRESH = {**LIKE, **MORE}
