#!/usr/bin/env bash
# Damaged models, beside the libraries of their formats: `model-mutants.sh FOLDER MUTANTS [SEED]`, as many of each kind. FOLDER keeps
# onnxruntime and TensorFlow.js. Where IMAGE_DRIFT_VENV names a virtual environment with a current torch, transformers and timm, programs
# and configurations are computed by these, too; elsewhere they are only read.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
[ -n "${IMAGE_DRIFT_VENV:-}" ] || peer onnx "$folder/venv"
python="${IMAGE_DRIFT_VENV:-$folder/venv}/bin/python"
peer tfjs "$folder"
node dist/spec/ci/model-mutants/main.js "$folder" "$python" "$2" "${3:-1}"
