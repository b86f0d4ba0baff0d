"""PNG files: every colour type and depth, interlaced or not, transparency, animation, cut and damaged ones."""
import io
import struct
import zlib

import numpy as np
from PIL import Image

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
WHITE = {"background": [255, 255, 255]}


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, colour, raw, interlaced=False, before=b"", after=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    image = chunk(b"IDAT", zlib.compress(raw))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + image + after + chunk(b"IEND", b"")


def packed(samples, depth):
    """Rows of samples `[height, width · channels]`, as bytes."""
    if depth == 16:
        return samples.astype(">u2").view(np.uint8).reshape(samples.shape[0], -1)
    if depth == 8:
        return samples.astype(np.uint8)
    bits = np.unpackbits(samples.astype(np.uint8)[..., None], axis=-1)[..., 8 - depth :]
    return np.packbits(bits.reshape(samples.shape[0], -1), axis=1)


def filtered(rows, distance, filters):
    """Each row with a filter of the list in turn."""
    above = np.zeros(rows.shape[1], np.int32)
    out = bytearray()
    for y, row in enumerate(rows.astype(np.int32)):
        kind = filters[y % len(filters)]
        left = np.concatenate([np.zeros(min(distance, len(row)), np.int32), row[:-distance]])[: len(row)]
        corner = np.concatenate([np.zeros(min(distance, len(row)), np.int32), above[:-distance]])[: len(row)]
        p = left + above - corner
        da, db, dc = abs(p - left), abs(p - above), abs(p - corner)
        paeth = np.where((da <= db) & (da <= dc), left, np.where(db <= dc, above, corner))
        predicted = [0, left, above, (left + above) >> 1, paeth][kind]
        out += bytes([kind]) + ((row - predicted) & 255).astype(np.uint8).tobytes()
        above = row
    return bytes(out)


def encoded(samples, width, height, depth, colour, interlaced, filters=(0, 1, 2, 3, 4)):
    """`samples` is `[height, width, channels]`."""
    channels = CHANNELS[colour]
    distance = max(1, depth * channels // 8)
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in PASSES] if interlaced else [samples]
    return b"".join(
        filtered(packed(part.reshape(part.shape[0], -1), depth), distance, filters) for part in parts if part.size
    )


def samples_of(image, depth, colour, rng):
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    if colour == 3:
        return rng.integers(0, 2**depth, (height, width, 1))
    wide = pixels.astype(np.int64) * 257 + rng.integers(-200, 200, pixels.shape)
    wide = np.clip(wide, 0, 65535)
    if colour in (0, 4):
        wide = wide[..., :1]
    if depth == 16 and colour == 0:
        wide = wide % 400
    alpha = rng.choice([0, 1, 100, 128, 200, 255], (height, width, 1)) * 257
    if colour in (4, 6):
        wide = np.concatenate([wide, alpha], axis=2)
    return wide if depth == 16 and colour == 0 else wide >> (16 - depth)


def pngs(images):
    rng = np.random.default_rng(1)
    for name, image in images:
        for colour, depths in DEPTHS.items():
            for depth in depths:
                samples = samples_of(image, depth, colour, rng)
                height, width = samples.shape[:2]
                before = chunk(b"PLTE", rng.bytes(3 * max(1, 2**depth - 3))) if colour == 3 else b""
                for interlaced in (False, True):
                    raw = encoded(samples, width, height, depth, colour, interlaced)
                    kind = f"png{'-interlaced' if interlaced else ''}-{colour}-{depth}"
                    data = png(width, height, depth, colour, raw, interlaced, before)
                    yield f"{kind}_{name}.png", data, "equal", {}
        yield f"png-pillow_{name}.png", saved(image), "equal", {}
        yield f"png-pillow-palette_{name}.png", saved(image.quantize(100)), "equal", {}
    _, image = images[0]
    yield from transparent(image, rng)
    yield from animated(image)
    yield from oriented(image)
    yield from damaged(image)


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def transparent(image, rng):
    width, height = image.size
    for colour, depths in DEPTHS.items():
        for depth in depths:
            samples = samples_of(image, depth, colour, rng)
            raw = encoded(samples, width, height, depth, colour, False)
            before = chunk(b"PLTE", rng.bytes(3 * 2**depth)) if colour == 3 else b""
            clear = rng.bytes(2**depth // 2) if colour == 3 else b""
            if colour in (0, 2):
                clear = samples[0, 0].astype(">u2").tobytes()
            before += chunk(b"tRNS", clear) if clear else b""
            data = png(width, height, depth, colour, raw, False, before)
            yield f"png-transparent_{colour}-{depth}.png", data, "equal", {}
            alike = depth == 8 or colour in (3, 4, 6)
            yield f"png-on-white{'' if alike else '-refused'}_{colour}-{depth}.png", data, (
                "equal" if alike else "refused"
            ), WHITE
            yield f"png-on-colour{'' if alike else '-refused'}_{colour}-{depth}.png", data, (
                "equal" if alike else "refused"
            ), {"background": [200, 10, 77]}


def animated(image):
    others = [image.rotate(angle) for angle in (90, 180)]
    yield "png-animated_.png", saved(image, save_all=True, append_images=others), "equal", {}
    yield "png-animated_default.png", saved(
        image, save_all=True, append_images=others, default_image=True
    ), "equal", {}


def oriented(image):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        yield f"png-exif_{orientation}.png", saved(image, exif=exif), "equal", {"orientation": "apply"}


def damaged(image):
    width, height = image.size
    samples = np.asarray(image)
    raw = encoded(samples, width, height, 8, 2, False)
    whole = png(width, height, 8, 2, raw)
    row = 1 + 3 * width
    idat = whole.index(b"IDAT")
    end = whole.index(b"IEND") - 4
    truncated = {"allow_truncated": True}
    changed = lambda at, bit=1: whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
    yield "png-header-checksum_.png", changed(29), "refused", {}
    yield "png-data-checksum_.png", changed(end - 1), "equal", {}
    yield "png-adler_.png", changed(end - 5), "refused", {}
    yield "png-data_.png", changed(idat + 400), "refused", {}
    yield "png-no-end_.png", whole[:end], "equal", {}
    for share in (0.1, 0.5, 0.9):
        cut = whole[: int(len(whole) * share)]
        yield f"png-cut_{share}.png", cut, "refused", {}
        yield f"png-cut-allowed_{share}.png", cut, "equal", truncated
    yield "png-rows-missing_.png", png(width, height, 8, 2, raw[: row * 20]), "refused", {}
    yield "png-rows-missing-allowed_.png", png(width, height, 8, 2, raw[: row * 20]), "equal", truncated
    yield "png-too-much_.png", png(width, height, 8, 2, raw + raw), "refused", {}
    yield "png-filter_.png", png(width, height, 8, 2, b"\x07" + raw[1:]), "refused", {}
    yield "png-bomb_.png", png(60_000, 60_000, 8, 2, b""), "refused", {}
    yield "png-no-palette_.png", png(width, height, 8, 3, encoded(samples[..., :1], width, height, 8, 3, False)), "refused", {}
