"""Compares what `mutants.js` decoded with Pillow: each damaged image is refused, or decoded to Pillow's bytes.
check_mutants.py FOLDER

A damaged JPEG can hold numbers that overflow libjpeg's transform, whose plain and vectorised code then differ. Ours is
the plain code, so such a file is compared with Pillow without vector instructions (JSIMD_FORCENONE).
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

from pillow_peer import verdict

PLAIN = "--plain"


def told(content):
    theirs = verdict(content, {})
    return theirs.get("error") or f"{theirs['width']}×{theirs['height']} {theirs['sha256']}"


def told_plainly(path):
    """`told` in a process whose libjpeg uses no vector instructions."""
    command = [sys.executable, __file__, PLAIN, str(path)]
    environment = os.environ | {"JSIMD_FORCENONE": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def compare(folder):
    counts = collections.Counter()
    wrong = 0
    with open(folder / "mutants.bin", "rb") as data, open(folder / "mutants.jsonl") as lines:
        for number, line in enumerate(lines):
            mutant = json.loads(line)
            content = data.read(mutant["length"])
            result = mutant["result"]
            if result.startswith("IMAGE_"):
                counts[result] += 1
                continue
            theirs = told(content)
            if theirs == result:
                counts["decoded as Pillow does"] += 1
                continue
            kept = folder / f"mutant-{number}-{mutant['name']}"
            kept.write_bytes(content)
            if mutant["name"].startswith("jpeg") and told_plainly(kept) == result:
                counts["decoded as Pillow does without vector instructions"] += 1
                continue
            wrong += 1
            print(f"{kept.name}, {mutant['told']}: Pillow: {theirs[:120]}", file=sys.stderr)
    for name, count in counts.most_common():
        print(f"{count:6} {name}")
    print(f"{sum(counts.values())} mutants, {wrong} wrong")
    return wrong == 0 and counts["decoded as Pillow does"] > 0


if sys.argv[1] == PLAIN:
    print(told(pathlib.Path(sys.argv[2]).read_bytes()))
else:
    sys.exit(0 if compare(pathlib.Path(sys.argv[1])) else 1)
