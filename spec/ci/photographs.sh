#!/usr/bin/env bash
# Photographs as files through torchvision's networks and ours: `photographs.sh SCRATCH PHOTOS VENV COUNT NETWORK...`. The embeddings
# that come out are within twice the error of PyTorch's float32. PHOTOS has the photographs, VENV the newest Pillow and
# Debian's torch and torchvision.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch="$1" networks=("${@:5}")
mkdir -p "$scratch"
rm -rf "$scratch/images"
OMP_NUM_THREADS=2 "$3/bin/python" spec/ci/photographs.py "$2" "$scratch" "$4" "${networks[@]}"
for network in "${networks[@]}"; do
  node dist/cli/main.js convert "$scratch/$network.pth" --out "$scratch/$network" --quiet
  node dist/cli/main.js embed "$scratch/images" --weights "$scratch/$network" --tap avgpool \
    --out "$scratch/$network-ours.npz" --quiet
  node dist/spec/ci/photographs.js "$scratch/$network-ours.npz" "$scratch/$network.npz"
done
