#!/usr/bin/env bash
# Runs the specs of the backend `tensorflow`, with a tfjs-node built without downloads from outside npm and PyPI:
#   tensorflow.sh SHARED [FOLDER]
# SHARED holds tools/build-tfjs-node.sh; FOLDER is kept for the next time. Once with the package in a
# folder of its own, with a TensorFlow.js of its own, and once beside image-drift in one project, where npm makes them share it.
set -euo pipefail
repository="$(cd "$(dirname "$0")/../.." && pwd)"
build="$1/tools/build-tfjs-node.sh"
if [ ! -f "$build" ]; then
  echo "SKIPPED (no $build): specs of backend tensorflow"
  exit 0
fi
if [ "$(node -p 'typeof util.isNullOrUndefined')" != function ]; then
  echo "SKIPPED (tfjs-node does not work on Node $(node -v)): specs of backend tensorflow"
  exit 0
fi
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
folder="${2:-$scratch/tensorflow}"

# In a container, as root, a missing compiler is installed. Elsewhere that is up to the user.
options=()
[ "$(id -u)" = 0 ] && options=(--install-deps)
bash "$build" "${options[@]}" "$folder/alone"
cd "$folder/alone"
export IMAGE_DRIFT_PACKAGES="$folder/alone"
IMAGE_DRIFT_REQUIRE=tensorflow node "$repository/scripts/spec.mjs" --jobs 1 native/tensorflow engine/tokens

unset IMAGE_DRIFT_PACKAGES
project="$folder/project"
mkdir -p "$project"
(cd "$repository" && npm pack --ignore-scripts --silent --pack-destination "$scratch" >/dev/null)
cd "$project"
echo '{"private": true}' >package.json
npm install --ignore-scripts --no-audit --no-fund --silent "$scratch"/image-drift-*.tgz
bash "$build" "$project"
cores=$(find node_modules -path '*@tensorflow/tfjs-core/package.json' | wc -l)
[ "$cores" -eq 1 ] || { echo "$cores copies of tfjs-core, 1 is expected"; exit 1; }
cd "$scratch" # From here the package is found beside image-drift and nowhere else.
images="$project/node_modules/image-drift/samples/fashion-mnist/production.npz"
for backend in tensorflow simd; do
  node "$project/node_modules/image-drift/dist/cli/main.js" embed "$images" --weights fashion-mnist-resnet18 \
    --backend "$backend" --out "$backend.npz" --quiet
done
node "$repository/dist/spec/ci/compare-embeddings.js" tensorflow.npz simd.npz
