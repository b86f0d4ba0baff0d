#!/usr/bin/env bash
# Damaged models, beside the libraries of their formats: `model-mutants.sh FOLDER MUTANTS [SEED]`, as many of each kind. FOLDER keeps
# onnxruntime and TensorFlow.js. Where IMAGE_DRIFT_VENV names a virtual environment with a current torch, transformers and timm, programs
# and configurations are computed by these, too; elsewhere they are only read.
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
python="${IMAGE_DRIFT_VENV:-$folder/venv}/bin/python"
if [ ! -x "$python" ]; then
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install -q --no-compile onnxruntime==1.32.0 numpy
fi
[ -d "$folder/node_modules" ] ||
  npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix "$folder" \
    @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 @tensorflow/tfjs-layers@4.22.0 \
    @tensorflow/tfjs-converter@4.22.0
node dist/spec/ci/model-mutants/main.js "$folder" "$python" "$2" "${3:-1}"
