#!/usr/bin/env bash
# Resizes and prepares images by the newest Pillow of PyPI, the newest before 13, torchvision and timm, and compares the
# bytes with ours; images of 16 bits with NumPy's levels; what torchvision does before each network with our table. Then
# runs the lines of Python that `inspect` prints.
#
#   spec/ci/pillow.sh SCRATCH RESIZES SIZES
#
# RESIZES random sizes and filters, and twice as many files of 16 bits; SIZES images for each of the transforms. Needs Debian's python3-torch and
# python3-torchvision, and PyPI.
set -euo pipefail
scratch="$1" resizes="$2" sizes="$3"
here="$(cd "$(dirname "$0")" && pwd)"
source "$here/peers.sh"
peer timm "$scratch/venv"
peer pillow-12 "$scratch/pillow-12"
cd "$scratch"
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1

venv/bin/python "$here/pillow/resize_cases.py" "$resizes" 2 250000 > resize-13.jsonl
PYTHONPATH="$PWD/pillow-12" venv/bin/python "$here/pillow/resize_cases.py" $((resizes / 4)) 3 250000 > resize-12.jsonl
venv/bin/python "$here/pillow/transform_cases.py" "$sizes" 2 250000 > transforms.jsonl
node "$here/../../dist/spec/ci/compare-pillow.js" .
peer deep "$scratch/deep-venv"
rm -rf deep && mkdir deep
deep-venv/bin/python "$here/../fixtures/data/make_deep.py" deep $((2 * resizes)) 2
node "$here/../../dist/spec/ci/compare-deep.js" deep
venv/bin/python "$here/pillow/usual_transforms.py" "$here/../fixtures/convert/cases/torchvision-transforms.json"
venv/bin/python "$here/pillow/run_lines.py" lines.jsonl
