"""GIF files: palettes of every size, interlaced, transparent, frames smaller than the screen, animated, cut ones."""
import io
import struct

from PIL import Image

WHITE = {"background": [255, 255, 255]}


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, "GIF", **options)
    return out.getvalue()


def gif(width, height, frames, palette=None, version=b"89a"):
    """`frames` are bytes from the first extension on."""
    flags = 0
    if palette:
        flags = 0x80 | (len(palette) // 3 - 1).bit_length() - 1
    return b"GIF" + version + struct.pack("<HHBBB", width, height, flags, 0, 0) + (palette or b"") + frames + b";"


def frame(x, y, width, height, pixels, *, palette=None, transparent=None, interlaced=False, bits=8):
    control = b"" if transparent is None else b"\x21\xf9\x04\x01\0\0" + bytes([transparent]) + b"\0"
    flags = 0x40 * interlaced
    if palette:
        flags |= 0x80 | (len(palette) // 3 - 1).bit_length() - 1
    header = b"," + struct.pack("<HHHHB", x, y, width, height, flags)
    return control + header + (palette or b"") + bytes([bits]) + blocks(uncompressed(pixels, bits))


def uncompressed(pixels, bits):
    """Codes of single pixels, with a clear code often enough that codes never grow."""
    codes = []
    for i, pixel in enumerate(pixels):
        if i % ((1 << bits) - 2) == 0:
            codes.append(1 << bits)
        codes.append(pixel)
    codes.append((1 << bits) + 1)
    number = sum(code << (i * (bits + 1)) for i, code in enumerate(codes))
    return number.to_bytes((len(codes) * (bits + 1) + 7) // 8, "little")


def blocks(data):
    parts = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def gifs(images):
    for name, image in images:
        for colours in (2, 3, 16, 100, 256):
            for interlace in (0, 1):
                data = saved(image.quantize(colours), interlace=interlace)
                yield f"gif{'-interlaced' if interlace else ''}-{colours}_{name}.gif", data, "equal", {}
        yield f"gif-gray_{name}.gif", saved(image.convert("L")), "equal", {}
        animated = saved(
            image.quantize(64), save_all=True, append_images=[image.rotate(90).quantize(64)], duration=40, loop=0
        )
        yield f"gif-animated_{name}.gif", animated, "equal", {}
        transparent = saved(image.quantize(64), transparency=7)
        yield f"gif-transparent_{name}.gif", transparent, "equal", {}
        yield f"gif-on-white_{name}.gif", transparent, "equal", WHITE
    yield from built()
    yield from damaged(images[0][1])


def built():
    palette = bytes(range(40, 40 + 3 * 16)) + bytes(3 * 240)
    other = bytes(range(200, 200 - 3 * 16, -1)) + bytes(3 * 240)
    gray = bytes(i // 3 for i in range(768))
    pixels = [i % 16 for i in range(12)]
    inside = frame(2, 1, 4, 3, pixels)
    cases = {
        "small-frame": gif(8, 6, inside, palette),
        "small-transparent-frame": gif(8, 6, frame(2, 1, 4, 3, pixels, transparent=5), palette),
        "large-frame": gif(3, 2, frame(2, 1, 4, 3, pixels), palette),
        "large-transparent-frame": gif(3, 2, frame(2, 1, 4, 3, pixels, transparent=5), palette),
        "local-palette": gif(4, 3, frame(0, 0, 4, 3, pixels, palette=other), palette),
        "local-gray": gif(4, 3, frame(0, 0, 4, 3, pixels, palette=gray), palette),
        "local-gray-transparent": gif(8, 6, frame(0, 0, 4, 3, pixels, palette=gray, transparent=5), palette),
        "no-palette": gif(4, 3, frame(0, 0, 4, 3, pixels)),
        "no-palette-transparent": gif(8, 6, frame(0, 0, 4, 3, pixels, transparent=3)),
        "gray-palette": gif(4, 3, frame(0, 0, 4, 3, pixels), gray),
        "interlaced": gif(4, 3, frame(0, 0, 4, 3, pixels, interlaced=True), palette),
        "87a": gif(4, 3, frame(0, 0, 4, 3, pixels), palette, b"87a"),
        "comment": gif(4, 3, b"!\xfe\x03abc\x02de\0" + frame(0, 0, 4, 3, pixels), palette),
        "netscape": gif(4, 3, b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" + frame(0, 0, 4, 3, pixels), palette),
        "stray-bytes": gif(4, 3, b"\0\0x" + frame(0, 0, 4, 3, pixels), palette),
        "short-palette": gif(4, 3, frame(0, 0, 4, 3, pixels, bits=4), palette[:24]),
        "two-controls": gif(4, 3, b"!\xf9\x04\x01\0\0\x02\0" + frame(0, 0, 4, 3, pixels, transparent=5), palette),
    }
    for name, data in cases.items():
        expected = "refused" if name == "local-gray-transparent" else "equal"
        yield f"gif-built_{name}.gif", data, expected, {}
        yield f"gif-built-on-white_{name}.gif", data, expected, WHITE


def damaged(image):
    whole = saved(image.quantize(64))
    for share in (0.01, 0.1, 0.5, 0.9):
        yield f"gif-cut_{share}.gif", whole[: int(len(whole) * share)], "refused", {}
    yield "gif-no-frame_.gif", whole[:13] + bytes(3 * 64) + b";", "refused", {}
    yield "gif-more-frames_.gif", whole[:-1] + whole[13:] * 1000, "equal", {}
    yield "gif-too-large_.gif", gif(65535, 65535, frame(0, 0, 1, 1, [0]), bytes(768)), "refused", {}
