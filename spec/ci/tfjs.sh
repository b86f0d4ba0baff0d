#!/usr/bin/env bash
# nsfwjs' networks on six photographs (those of npm's @vladmandic/face-api), by `embed --weights FOLDER`, beside TensorFlow.js,
# which reads the same files: `tfjs.sh FOLDER NETWORKS`. NETWORKS is `all` or `slice`. FOLDER keeps the packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
networks=(mobilenet_v2_mid)
[ "$2" = all ] && networks=(mobilenet_v2 mobilenet_v2_mid inception_v3)
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
peer tfjs "$folder"
peer photographs "$folder"
rm -rf "$folder/photos"
mkdir "$folder/photos"
cp "$folder"/node_modules/@vladmandic/face-api/demo/sample[1-6].jpg "$folder/photos"
for network in "${networks[@]}"; do
  node spec/ci/tfjs-peer.mjs unpack "$folder" "$network"
  IMAGE_DRIFT_CACHE="$folder/cache" node dist/cli/main.js embed "$folder/photos" --weights "$folder/$network" \
    --out "$folder/$network.npz" --quiet
  IMAGE_DRIFT_CACHE="$folder/cache" node dist/spec/ci/tfjs.js pixels "$folder" "$network"
  node spec/ci/tfjs-peer.mjs run "$folder" "$network"
  node dist/spec/ci/tfjs.js compare "$folder" "$network"
done
