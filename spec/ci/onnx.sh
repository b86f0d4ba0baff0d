#!/usr/bin/env bash
# Reads the ONNX files that `convert --onnx` and the engine write, with the onnx package's checker and with onnxruntime.
# Both come from PyPI, in this script's own virtual environment: `onnx.sh [FOLDER]`. FOLDER is kept for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
venv="${1:-$scratch/venv}"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q --no-compile --disable-pip-version-check numpy onnx onnxruntime

node dist/spec/ci/onnx-samples.js "$scratch"
npz=samples/fashion-mnist/production.npz
node dist/cli/main.js convert weights/fashion-mnist-resnet18 --onnx "$scratch/bundled.onnx" --quiet
node dist/cli/main.js embed "$npz" --weights fashion-mnist-resnet18 --out "$scratch/embedded.npz" --quiet
"$venv/bin/python" spec/ci/check_onnx.py "$scratch" "$npz"
