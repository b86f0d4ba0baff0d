#!/usr/bin/env bash
# The same embeddings and distances on every engine that can be had here: `across-engines.sh ONNXRUNTIME TENSORFLOW`, the
# folders that `onnxruntime.sh` and `tensorflow.sh` were given, after `webgpu.sh`. Where tfjs-node does not work (Node 23
# and later) TENSORFLOW is not there, and the others are compared. Needs the shared test data; two minutes on two cores.
set -euo pipefail
repository="$(cd "$(dirname "$0")/../.." && pwd)"
onnxruntime="$1/node_modules/onnxruntime-node"
tensorflow="$2/alone/node_modules/@tensorflow/tfjs-node"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/node_modules/@tensorflow"
ln -s "$(realpath "$onnxruntime")" "$scratch/node_modules/onnxruntime-node"
engines=onnxruntime,webgpu,simd,wasm
if [ -d "$tensorflow" ]; then
  ln -s "$(realpath "$tensorflow")" "$scratch/node_modules/@tensorflow/tfjs-node"
  engines=$engines,tensorflow
fi
cd "$scratch"
export IMAGE_DRIFT_PACKAGES="$scratch"
IMAGE_DRIFT_ACROSS=$engines node "$repository/scripts/spec.mjs" --limit 1200 shared/across-backends
