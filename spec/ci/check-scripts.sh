#!/usr/bin/env bash
# The Python that `convert --check-script` prints, run with its libraries, and conversions by the files that it writes: a right
# one and a wrong one. `check-scripts.sh FOLDER VENV LIBRARY...`: VENV is a Python environment that has these of torch (with
# torchvision), transformers, timm and tensorflow.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$1" python="$2/bin/python"
shift 2
for library in "$@"; do
  rm -rf "$folder/$library"
  TF_CPP_MIN_LOG_LEVEL=2 OMP_NUM_THREADS=2 "$python" -W ignore spec/ci/check_scripts.py "$library" "$folder/$library"
done
