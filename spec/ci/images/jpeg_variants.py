"""JPEG files: subsamplings, progressive, gray, CMYK, YCCK, EXIF orientations, cut and damaged ones."""
import io

import numpy as np
import simplejpeg
from PIL import Image

BASELINE = b"\xff\xc0"


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def jpegs(images):
    for name, image in images:
        for quality in (30, 75, 95):
            for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
                yield f"jpeg{subsampling.replace(':', '')}_q{quality}_{name}.jpg", saved(
                    image, quality=quality, subsampling=subsampling
                ), "equal", {}
        pixels = np.ascontiguousarray(np.asarray(image))
        for subsampling in ("440", "411"):
            data = simplejpeg.encode_jpeg(pixels, quality=85, colorsubsampling=subsampling)
            yield f"jpeg{subsampling}_{name}.jpg", data, "equal", {}
        yield f"jpeg-progressive_{name}.jpg", saved(image, progressive=True, quality=85), "equal", {}
        yield f"jpeg-restarts_{name}.jpg", saved(image, restart_marker_blocks=3), "equal", {}
        yield f"jpeg-rgb_{name}.jpg", saved(image, keep_rgb=True), "equal", {}
        yield f"jpeg-gray_{name}.jpg", saved(image.convert("L")), "equal", {}
        yield f"jpeg-gray-progressive_{name}.jpg", saved(image.convert("L"), progressive=True), "equal", {}
        cmyk = saved(image.convert("CMYK"), quality=85)
        yield f"jpeg-cmyk_{name}.jpg", cmyk, "equal", {}
        yield f"jpeg-cmyk-progressive_{name}.jpg", saved(image.convert("CMYK"), progressive=True), "equal", {}
        yield f"jpeg-ycck_{name}.jpg", as_ycck(cmyk), "equal", {}
    _, image = images[1]
    yield from oriented(image)
    yield from damaged(image)


def as_ycck(cmyk):
    """The Adobe marker's last byte is the colour transform: 2 for YCCK."""
    at = cmyk.index(b"Adobe") + 11
    return cmyk[:at] + b"\2" + cmyk[at + 1 :]


def oriented(image):
    for orientation in range(0, 10):
        exif = Image.Exif()
        exif[0x112] = orientation
        data = saved(image, exif=exif)
        for choice in ("ignore", "apply"):
            yield f"jpeg-exif-{choice}_{orientation}.jpg", data, "equal", {"orientation": choice}
    xmp = b'<x:xmpmeta xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    yield "jpeg-xmp_6.jpg", saved(image, xmp=xmp), "equal", {"orientation": "apply"}


def damaged(image):
    baseline = saved(image, quality=85)
    progressive = saved(image, quality=85, progressive=True)
    truncated = {"allow_truncated": True}
    for share in (0.3, 0.6, 0.99):
        cut = int(len(baseline) * share)
        yield f"jpeg-cut_{share}.jpg", baseline[:cut], "refused", {}
        yield f"jpeg-cut-allowed_{share}.jpg", baseline[:cut], "equal" if share > 0.5 else "any", truncated
        yield f"jpeg-cut-and-ended_{share}.jpg", baseline[:cut] + b"\xff\xd9", "refused", {}
        cut = int(len(progressive) * share)
        yield f"jpeg-cut-progressive_{share}.jpg", progressive[:cut], "refused", {}
        yield f"jpeg-cut-progressive-allowed_{share}.jpg", progressive[:cut], "any", truncated
        yield f"jpeg-cut-progressive-and-ended_{share}.jpg", progressive[:cut] + b"\xff\xd9", "refused", {}
    scan = progressive.rindex(b"\xff\xda")
    yield "jpeg-scans-missing_.jpg", progressive[:scan] + b"\xff\xd9", "refused", {}
    yield "jpeg-no-end_.jpg", baseline[:-2], "refused", {}
    yield "jpeg-no-end-allowed_.jpg", baseline[:-2], "equal", truncated
    yield "jpeg-extra-bytes_.jpg", baseline[:-2] + b"\0\0\0\xff\xd9", "equal", {}
    yield "jpeg-more-behind_.jpg", baseline + baseline[:1000], "equal", {}
    yield "jpeg-arithmetic_.jpg", baseline.replace(BASELINE, b"\xff\xc9", 1), "refused", {}
    yield "jpeg-lossless_.jpg", baseline.replace(BASELINE, b"\xff\xc3", 1), "refused", {}
    frame = baseline.index(BASELINE)
    yield "jpeg-12-bit_.jpg", baseline[: frame + 4] + b"\x0c" + baseline[frame + 5 :], "refused", {}
    yield "jpeg-too-large_.jpg", baseline[: frame + 5] + b"\xff\xdc\xff\xdc" + baseline[frame + 9 :], "refused", {}
