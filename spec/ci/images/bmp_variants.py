"""BMP files: every depth, header and bit mask, run lengths, top-down, gray palettes, cut ones."""
import io
import struct

import numpy as np
from PIL import Image

MASKS = {
    32: [
        (0xFF0000, 0xFF00, 0xFF, 0x0),
        (0xFF000000, 0xFF0000, 0xFF00, 0x0),
        (0xFF000000, 0xFF00, 0xFF, 0x0),
        (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
        (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        (0xFF000000, 0xFF00, 0xFF, 0xFF0000),
        (0x0, 0x0, 0x0, 0x0),
    ],
    24: [(0xFF0000, 0xFF00, 0xFF, 0)],
    16: [(0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0)],
}
WHITE = {"background": [255, 255, 255]}


def bmp(width, height, bits, data, *, palette=b"", compression=0, masks=None, size=40, top_down=False, colours=0):
    info = struct.pack("<iiHHIIiiII", width, -height if top_down else height, 1, bits, compression, len(data), 0, 0, colours, 0)
    behind = b""
    if masks:
        packed = struct.pack("<IIII", *masks)
        if size == 40:
            behind = packed[:12]
        else:
            info += packed
    if size == 12:
        info = struct.pack("<HHHH", width, height, 1, bits)
    info = (info + bytes(124))[: size - 4]
    start = 14 + size + len(behind) + len(palette)
    head = b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start)
    return head + struct.pack("<I", size) + info + behind + palette + data


def rows(width, height, bits, rng):
    stride = (width * bits + 31) // 32 * 4
    return rng.bytes(stride * height)


def bmps(images):
    rng = np.random.default_rng(2)
    for name, image in images:
        yield f"bmp-24_{name}.bmp", saved(image), "equal", {}
        yield f"bmp-8_{name}.bmp", saved(image.quantize(100)), "equal", {}
        yield f"bmp-gray_{name}.bmp", saved(image.convert("L")), "equal", {}
        yield f"bmp-1_{name}.bmp", saved(image.convert("1")), "equal", {}
        yield f"bmp-rgba_{name}.bmp", saved(image.convert("RGBA")), "equal", {}
        yield f"bmp-rle8_{name}.bmp", rle8(image.quantize(20)), "equal", {}
    for width, height in ((1, 1), (7, 5), (33, 4), (16, 16)):
        yield from built(width, height, rng)
    yield from run_lengths(rng)
    yield from damaged(images[0][1])


def saved(image):
    out = io.BytesIO()
    image.save(out, "BMP")
    return out.getvalue()


def built(width, height, rng):
    told = f"{width}x{height}"
    for bits in (1, 4, 8):
        data = rows(width, height, bits, rng)
        palette = rng.bytes(4 * 2**bits)
        yield f"bmp-palette-{bits}_{told}.bmp", bmp(width, height, bits, data, palette=palette), "equal", {}
        yield f"bmp-palette-{bits}_top-{told}.bmp", bmp(
            width, height, bits, data, palette=palette, top_down=True
        ), "equal", {}
        yield f"bmp-core-{bits}_{told}.bmp", bmp(
            width, height, bits, data, palette=rng.bytes(3 * 2**bits), size=12
        ), "equal", {}
        short = bmp(width, height, bits, data, palette=palette[:8], colours=2)
        yield f"bmp-two-colours-{bits}_{told}.bmp", short, "equal", {}
    ramp = b"".join(bytes([i, i, i, 0]) for i in range(256))
    yield f"bmp-ramp_{told}.bmp", bmp(width, height, 8, rows(width, height, 8, rng), palette=ramp), "equal", {}
    yield f"bmp-ramp-short_{told}.bmp", bmp(
        width, height, 8, rows(width, height, 8, rng), palette=ramp[:400], colours=100
    ), "equal", {}
    yield f"bmp-ramp-refused_{told}.bmp", bmp(
        width, height, 4, rows(width, height, 4, rng), palette=ramp[:64]
    ), "refused", {}
    two = bytes([0, 0, 0, 0, 255, 255, 255, 0])
    yield f"bmp-black-white_{told}.bmp", bmp(width, height, 1, rows(width, height, 1, rng), palette=two), "equal", {}
    for bits in (16, 24, 32):
        data = rows(width, height, bits, rng)
        for size in (40, 52, 56, 64, 108, 124):
            yield f"bmp-{bits}-header-{size}_{told}.bmp", bmp(width, height, bits, data, size=size), "equal", {}
        for number, masks in enumerate(MASKS[bits]):
            for size in (40, 108):
                data = rows(width, height, bits, rng)
                image = bmp(width, height, bits, data, compression=3, masks=masks, size=size)
                known = size > 40 or masks[3] == 0
                yield f"bmp-masks-{bits}_{number}-{size}-{told}.bmp", image, "equal" if known else "any", {}
                yield f"bmp-masks-on-white-{bits}_{number}-{size}-{told}.bmp", image, "equal" if known else "any", WHITE
    yield f"bmp-masks-refused_{told}.bmp", bmp(
        width, height, 16, rows(width, height, 16, rng), compression=3, masks=(0xF00, 0xF0, 0xF, 0)
    ), "refused", {}


def rle8(image):
    data = bytearray()
    pixels = np.asarray(image)
    for row in pixels[::-1]:
        for value in row:
            data += bytes([1, value])
        data += b"\0\0"
    data += b"\0\1"
    palette = bytes(image.getpalette()).ljust(768, b"\0")
    quads = b"".join(bytes([palette[i + 2], palette[i + 1], palette[i], 0]) for i in range(0, 768, 3))
    return bmp(image.size[0], image.size[1], 8, bytes(data), palette=quads, compression=1)


def run_lengths(rng):
    """Random runs, literals, ends of lines and jumps; many end early and are refused by Pillow."""
    for bits in (4, 8):
        for number in range(40):
            width, height = int(rng.integers(1, 20)), int(rng.integers(1, 12))
            data = bytearray()
            for _ in range(60):
                kind = rng.integers(0, 8)
                if kind < 4:
                    data += bytes([int(rng.integers(1, 12)), int(rng.integers(0, 256))])
                elif kind < 6:
                    data += b"\0\0"
                elif kind == 6:
                    count = int(rng.integers(3, 9))
                    length = count if bits == 8 else (count + 1) // 2
                    data += bytes([0, count]) + rng.bytes(length + length % 2)
                else:
                    data += bytes([0, 2, int(rng.integers(0, 5)), int(rng.integers(0, 2))])
            data += b"\0\1"
            image = bmp(width, height, bits, bytes(data), palette=rng.bytes(4 * 2**bits), compression=1 if bits == 8 else 2)
            yield f"bmp-runs-{bits}_{number}.bmp", image, "any", {}


def damaged(image):
    whole = saved(image)
    for share in (0.001, 0.005, 0.5, 0.9):
        cut = whole[: int(len(whole) * share)]
        yield f"bmp-cut_{share}.bmp", cut, "refused", {}
        yield f"bmp-cut-allowed_{share}.bmp", cut, "any", {"allow_truncated": True}
    yield "bmp-compression_.bmp", bmp(4, 4, 24, bytes(48), compression=4), "refused", {}
    yield "bmp-too-large_.bmp", bmp(60000, 60000, 24, b""), "refused", {}
