#!/usr/bin/env bash
# Reads the ONNX files that `convert --onnx` and the engine write, with the onnx package's checker and with onnxruntime.
# `onnx.sh [VENV]`. VENV is kept for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
venv="${1:-$scratch/venv}"
peer onnx "$venv"

node dist/spec/ci/onnx-samples.js "$scratch"
npz=samples/fashion-mnist/production.npz
node dist/cli/main.js convert weights/fashion-mnist-resnet18 --onnx "$scratch/bundled.onnx" --quiet
node dist/cli/main.js embed "$npz" --weights fashion-mnist-resnet18 --out "$scratch/embedded.npz" --quiet
"$venv/bin/python" spec/ci/check_onnx.py "$scratch" "$npz"
