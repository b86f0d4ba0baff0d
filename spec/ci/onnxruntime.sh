#!/usr/bin/env bash
# The specs of the backend `onnxruntime`, with its package installed in a folder of its own:
#   onnxruntime.sh [FOLDER]
# FOLDER is kept for the next time; IMAGE_DRIFT_GOLDENS tells where the large PyTorch references are.
set -euo pipefail
repository="$(cd "$(dirname "$0")/../.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
folder="${1:-$scratch/onnxruntime}"
source "$repository/spec/ci/peers.sh"
peer onnxruntime "$folder"
cd "$folder"
export IMAGE_DRIFT_PACKAGES="$folder"

IMAGE_DRIFT_REQUIRE=onnxruntime node "$repository/scripts/spec.mjs" --jobs 1 \
  native/onnx-operators native/onnx-files native/onnxruntime engine/tokens
