#!/usr/bin/env bash
# Checks that all engines available here give the same embeddings and distances: `across-engines.sh ONNXRUNTIME
# TENSORFLOW`, with the folders that `onnxruntime.sh` and `tensorflow.sh` were given, after `webgpu.sh`. tfjs-node does
# not work on Node 23 and later; TENSORFLOW is then missing, and the other engines are compared. Needs the shared test
# data and takes two minutes on two cores.
set -euo pipefail
repository="$(cd "$(dirname "$0")/../.." && pwd)"
onnxruntime="$1/node_modules/onnxruntime-node"
tensorflow="$2/alone/node_modules/@tensorflow/tfjs-node"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/node_modules/@tensorflow"
ln -s "$(realpath "$onnxruntime")" "$scratch/node_modules/onnxruntime-node"
engines=onnxruntime,webgpu,simd
if [ -d "$tensorflow" ]; then
  ln -s "$(realpath "$tensorflow")" "$scratch/node_modules/@tensorflow/tfjs-node"
  engines=$engines,tensorflow
fi
cd "$scratch"
export IMAGE_DRIFT_PACKAGES="$scratch"
IMAGE_DRIFT_ACROSS=$engines node "$repository/scripts/spec.mjs" --limit 1200 shared/across-backends
