#!/usr/bin/env bash
# The specs of the backend `onnxruntime`, with its package installed in a folder of its own:
#   onnxruntime.sh [FOLDER]
# FOLDER is kept for the next time; IMAGE_DRIFT_GOLDENS tells where the large PyTorch references are.
set -euo pipefail
repository="$(cd "$(dirname "$0")/../.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
folder="${1:-$scratch/onnxruntime}"
mkdir -p "$folder"
cd "$folder"
export IMAGE_DRIFT_PACKAGES="$folder"
[ -f package.json ] || echo '{"private": true}' >package.json
# The libraries for the CPU come with the package; its install script would only fetch those for CUDA.
[ -d node_modules/onnxruntime-node ] ||
  ONNXRUNTIME_NODE_INSTALL=skip ONNXRUNTIME_NODE_INSTALL_CUDA=skip \
    npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0

IMAGE_DRIFT_REQUIRE=onnxruntime node "$repository/scripts/spec.mjs" --jobs 1 \
  native/onnx-operators native/onnx-files native/onnxruntime engine/tokens
