"""PBM, PGM and PPM files, as bytes and as text, with every kind of largest value, comments, and cut ones."""
import numpy as np


def head(kind, width, height, most):
    return f"P{kind}\n# a comment\n{width} {height}\n".encode() + (b"" if most is None else f"{most}\n".encode())


def netpbms(images):
    rng = np.random.default_rng(3)
    for name, image in images:
        pixels = np.asarray(image).astype(np.int64)
        gray = pixels[..., :1]
        for most in (1, 2, 15, 100, 254, 255, 256, 1000, 65534, 65535):
            for kind, source in ((5, gray), (6, pixels)):
                values = source * most // 255
                if most > 255 and kind == 5:
                    values = np.where(rng.integers(0, 2, values.shape), values % 400, values)
                raw = values.astype(">u2" if most > 255 else "u1").tobytes()
                yield f"ppm-raw-P{kind}-{most}_{name}.ppm", head(kind, *image.size, most) + raw, "equal", {}
                if values.size < 10_000:
                    text = " ".join(map(str, values.ravel())).encode() + b"\n"
                    plain = head(kind - 3, *image.size, most) + text
                    yield f"ppm-text-P{kind - 3}-{most}_{name}.ppm", plain, "equal", {}
        bits = (pixels[..., 0] > 100).astype(np.uint8)
        yield f"ppm-raw-P4_{name}.pbm", head(4, *image.size, None) + np.packbits(bits, axis=1).tobytes(), "equal", {}
        if bits.size < 10_000:
            text = "\n".join("".join(map(str, row)) for row in bits).encode()
            yield f"ppm-text-P1_{name}.pbm", head(1, *image.size, None) + text, "equal", {}
    yield from odd()


def odd():
    cases = {
        "comments": (b"P3 2#w\n#h\n1 #m\r255\n1 2 3 #x\n4 5 6", "any"),
        "comment-in-number": (b"P2 2 1 255\n1#x\n2 3\n", "equal"),
        "value-too-large": (b"P2 2 1 100\n1 101\n", "refused"),
        "negative": (b"P2 2 1 100\n1 -1\n", "refused"),
        "letters": (b"P2 2 1 100\n1 x\n", "refused"),
        "long-number": (b"P2 2 1 100\n00000000001 1\n", "refused"),
        "largest-value-0": (b"P5 2 1 0\nab", "refused"),
        "largest-value-65536": (b"P5 2 1 65536\nabcd", "refused"),
        "no-height": (b"P5 2", "refused"),
        "bad-bit": (b"P1 2 1\n12", "refused"),
        "cut-P2": (b"P2 2 2 255\n1 2 3", "refused"),
        "cut-P5": (b"P5 2 2 255\nabc", "refused"),
        "cut-P5-scaled": (b"P5 2 2 100\nabc", "refused"),
        "cut-P4": (b"P4 9 2\nabc", "refused"),
        "cut-P1": (b"P1 2 2\n101", "refused"),
        "empty": (b"P5 0 2 255\n", "refused"),
        "too-large": (b"P6 60000 60000 255\n", "refused"),
        "more-behind": (b"P5 2 1 255\nabcdef", "equal"),
        "above-largest-value": (b"P5 2 1 100\n\x01\xff", "equal"),
    }
    for name, (data, expected) in cases.items():
        yield f"ppm-odd_{name}.ppm", data, expected, {}
    for name in ("cut-P5", "cut-P4"):
        yield f"ppm-odd-allowed_{name}.ppm", cases[name][0], "equal", {"allow_truncated": True}
