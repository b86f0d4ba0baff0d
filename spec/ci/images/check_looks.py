"""Compares the perceptual hashes that `looks.js` wrote with those of ImageHash: check_looks.py FOLDER

They are hashes of the RGB pixels. A GIF of grays whose palette is not in order has other pixels as RGB than as `L`, so
images are converted first; how many hashes that changes is counted.

With --scores, also the scores of the checks with cleanvision's, where that package is installed.
"""
import collections
import json
import pathlib
import sys

import imagehash
from PIL import Image

Image.MAX_IMAGE_PIXELS = None


def cleanvision_scores(image):
    import pandas as pd
    from cleanvision.issue_managers.image_property import BlurrinessProperty, BrightnessProperty

    def score(prop, issue, **params):
        raw = pd.DataFrame([prop.calculate(image)])
        return float(prop.get_scores(raw[prop.score_columns], issue, **params).iloc[0, 0])

    blurry = {"normalizing_factor": 0.01, "color_threshold": 0.18}
    return {
        "dark": score(BrightnessProperty("dark"), "dark"),
        "bright": score(BrightnessProperty("light"), "light"),
        "blurred": score(BlurrinessProperty(), "blurry", **blurry),
    }


def main(folder, with_scores):
    counts = collections.Counter()
    wrong, furthest, unconverted = [], 0.0, 0
    for line in (folder / "looks.jsonl").read_text().splitlines():
        ours = json.loads(line)
        with Image.open(folder / ours["name"]) as image:
            image.load()
        rgb = image.convert("RGB")
        counts[image.mode] += 1
        theirs = str(imagehash.phash(rgb))
        unconverted += str(imagehash.phash(image)) != theirs
        if theirs != ours["phash"]:
            wrong.append(f"{ours['name']} ({image.mode}): {ours['phash']}, ImageHash {theirs}")
        if not with_scores:
            continue
        for name, value in cleanvision_scores(rgb).items():
            distance = abs(value - ours[name])
            furthest = max(furthest, distance)
            if distance > 1e-9:
                wrong.append(f"{ours['name']}, {name}: {ours[name]}, cleanvision {value}")
    for text in wrong[:20]:
        print(text, file=sys.stderr)
    scores = f", scores at most {furthest:.1e} apart" if with_scores else ""
    total = f"{sum(counts.values())} images {dict(counts)}, {unconverted} other ones without the conversion to RGB"
    print(f"perceptual hashes: {total}, {len(wrong)} wrong{scores}")
    return 0 if not wrong and counts else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), "--scores" in sys.argv))
