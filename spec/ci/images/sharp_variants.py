"""WebP, TIFF and AVIF files: those that sharp decodes to Pillow's pixels, and those that are refused."""
import io

import numpy as np
from PIL import Image, TiffImagePlugin

WHITE = {"background": [255, 255, 255]}


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def with_alpha(image, rng):
    alpha = rng.choice([0, 1, 100, 200, 255], (image.size[1], image.size[0])).astype(np.uint8)
    layered = image.copy()
    layered.putalpha(Image.fromarray(alpha))
    return layered


def webps(images):
    rng = np.random.default_rng(4)
    for name, image in images:
        layered = with_alpha(image, rng)
        for quality in (30, 80, 95):
            yield f"webp-lossy_q{quality}_{name}.webp", saved(image, "WEBP", quality=quality), "equal", {}
        yield f"webp-lossless_{name}.webp", saved(image, "WEBP", lossless=True), "equal", {}
        for kind, options in {"lossy": {}, "lossless": {"lossless": True}, "exact": {"lossless": True, "exact": True}}.items():
            data = saved(layered, "WEBP", **options)
            yield f"webp-alpha-{kind}_{name}.webp", data, "equal", {}
            yield f"webp-alpha-{kind}-on-white_{name}.webp", data, "equal", WHITE
        others = [image.rotate(180)]
        yield f"webp-animated_{name}.webp", saved(image, "WEBP", save_all=True, append_images=others), "equal", {}
        yield f"webp-animated-alpha_{name}.webp", saved(
            layered, "WEBP", save_all=True, append_images=others, lossless=True
        ), "any", {}
    _, image = images[0]
    for orientation in (1, 3, 6):
        exif = Image.Exif()
        exif[0x112] = orientation
        data = saved(image, "WEBP", exif=exif)
        yield f"webp-exif_{orientation}.webp", data, "equal", {"orientation": "apply"}
    whole = saved(image, "WEBP")
    for share in (0.01, 0.3, 0.7, 0.98):
        yield f"webp-cut_{share}.webp", whole[: int(len(whole) * share)], "refused", {}


def tiffs(images):
    rng = np.random.default_rng(5)
    for name, image in images:
        layered = with_alpha(image, rng)
        modes = {
            "1": image.convert("1"),
            "L": image.convert("L"),
            "LA": layered.convert("LA"),
            "P": image.quantize(100),
            "RGB": image,
            "RGBA": layered,
            "CMYK": image.convert("CMYK"),
        }
        for mode, converted in modes.items():
            for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
                data = saved(converted, "TIFF", compression=compression)
                yield f"tiff-{mode}-{compression}_{name}.tif", data, "equal", {}
                if mode in ("LA", "RGBA"):
                    yield f"tiff-{mode}-{compression}-on-white_{name}.tif", data, "equal", WHITE
        for compression in ("group3", "group4"):
            yield f"tiff-1-{compression}_{name}.tif", saved(modes["1"], "TIFF", compression=compression), "equal", {}
        for mode in ("L", "RGB", "CMYK"):
            yield f"tiff-{mode}-jpeg_{name}.tif", saved(modes[mode], "TIFF", compression="jpeg"), "equal", {}
        yield f"tiff-YCbCr-jpeg_{name}.tif", saved(image.convert("YCbCr"), "TIFF", compression="jpeg"), "equal", {}
        yield f"tiff-YCbCr-refused_{name}.tif", saved(image.convert("YCbCr"), "TIFF"), "refused", {}
        yield f"tiff-LAB-refused_{name}.tif", saved(image.convert("LAB"), "TIFF"), "refused", {}
        wide = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 7)
        yield f"tiff-16-refused_{name}.tif", saved(wide, "TIFF"), "refused", {}
        yield f"tiff-zstd-refused_{name}.tif", saved(image, "TIFF", compression="zstd"), "refused", {}
        predictor = TiffImagePlugin.ImageFileDirectory_v2()
        predictor[317] = 2
        yield f"tiff-predictor_{name}.tif", saved(image, "TIFF", compression="tiff_lzw", tiffinfo=predictor), "equal", {}
        yield f"tiff-pages_{name}.tif", saved(image, "TIFF", save_all=True, append_images=[image.rotate(9)]), "equal", {}
    _, image = images[0]
    for orientation in range(1, 9):
        for choice in ("ignore", "apply"):
            data = saved(image, "TIFF", tiffinfo={274: orientation})
            yield f"tiff-orientation-{choice}_{orientation}.tif", data, "equal", {"orientation": choice}
    whole = saved(image, "TIFF")
    inverted = whole.replace(b"\x06\x01\x03\x00\x01\x00\x00\x00\x01", b"\x06\x01\x03\x00\x01\x00\x00\x00\x00")
    yield "tiff-big_.tif", saved(image, "TIFF", big_tiff=True), "refused", {}
    gray = saved(image.convert("L"), "TIFF")
    inverted = gray.replace(b"\x06\x01\x03\x00\x01\x00\x00\x00\x01", b"\x06\x01\x03\x00\x01\x00\x00\x00\x00", 1)
    yield "tiff-white-is-zero_.tif", inverted, "equal", {}
    packed = saved(image, "TIFF", compression="tiff_lzw")
    for kind, data in (("raw", whole), ("lzw", packed)):
        for share in (0.005, 0.3, 0.7, 0.98):
            yield f"tiff-cut-{kind}_{share}.tif", data[: int(len(data) * share)], "refused", {}


def avifs(images):
    for name, image in images[:2]:
        yield f"avif-refused_{name}.avif", saved(image, "AVIF", speed=9), "refused", {}
