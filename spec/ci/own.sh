#!/usr/bin/env bash
# Patterns of ONNX beside onnxruntime, and networks of our own in every file that PyTorch writes of them, beside its forward hooks:
# `own.sh FOLDER EVERY SEED`. One of EVERY is taken, which ones by SEED. The networks need IMAGE_DRIFT_VENV, a virtual environment with
# torch, onnx and onnxscript. The folder keeps a virtual environment.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
mkdir -p "$1"
work="$(cd "$1" && pwd)"
python="$work/venv/bin/python"
peer onnx "$work/venv"
"$python" spec/ci/own/make.py "$work/patterns" patterns "$2" "$3"
node dist/spec/ci/own.js "$work/patterns"
if [ -z "${IMAGE_DRIFT_VENV:-}" ]; then
  echo 'SKIPPED (IMAGE_DRIFT_VENV names no Python with torch): networks of our own'
else
  "$IMAGE_DRIFT_VENV/bin/python" spec/ci/own/make.py "$work/networks" networks "$2" "$3"
  node dist/spec/ci/own.js "$work/networks"
fi
