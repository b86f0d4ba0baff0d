#!/usr/bin/env bash
# Checkpoints as people save them, made and computed by PyTorch, converted and compared at several layers, one of EVERY:
#   disguises.sh FOLDER [EVERY]
# FOLDER gets a virtual environment over Debian's torch, with timm, transformers and safetensors, and the checkpoints.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
peer disguises "$1/venv"
"$1/venv/bin/python" spec/ci/disguises/make.py "$1/cases" "${2:-4}"
node dist/spec/ci/disguises.js "$1/cases"
