#!/usr/bin/env bash
# Checkpoints as people save them, made and computed by PyTorch, converted and compared at several layers:
#   disguises.sh FOLDER [all|part]
# FOLDER gets a virtual environment over Debian's torch, with timm, transformers and safetensors, and the checkpoints.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -d "$1/venv" ] || {
  /usr/bin/python3 -m venv --system-site-packages "$1/venv"
  # Without dependencies: PyPI's torch takes gigabytes.
  "$1/venv/bin/pip" install -q --no-compile --no-deps timm==1.0.31 safetensors==0.8.0 huggingface_hub==0.36.2 pyyaml \
    transformers==4.37.2 tokenizers==0.15.2 regex requests urllib3 idna certifi charset-normalizer filelock packaging tqdm fsspec hf-xet
}
"$1/venv/bin/python" spec/ci/disguises/make.py "$1/cases" "${2:-part}"
node dist/spec/ci/disguises.js "$1/cases"
