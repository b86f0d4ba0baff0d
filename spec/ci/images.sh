#!/usr/bin/env bash
# Image files of every format and variant, and damaged ones, beside the newest Pillow; their perceptual hashes
# beside ImageHash's: `images.sh FOLDER [MUTANTS] [SEED]`.
# FOLDER gets a virtual environment, sharp, six photographs (those of npm's @vladmandic/face-api) and the images that are
# made of them and of the demo's. MUTANTS is by format.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
folder="$1"
peer pillow "$folder/venv"
peer photographs "$folder/packages"
export IMAGE_DRIFT_PACKAGES="$folder/packages"
"$folder/venv/bin/python" -c 'import PIL; print("Pillow", PIL.__version__)'
"$folder/venv/bin/python" spec/ci/images/make_images.py "$folder/images" \
  "$folder"/packages/node_modules/@vladmandic/face-api/demo/sample*.jpg --npz samples/fashion-mnist/production.npz
node dist/spec/ci/images/compare.js "$folder/images"
node dist/spec/ci/images/looks.js "$folder/images"
"$folder/venv/bin/python" -W ignore::UserWarning spec/ci/images/check_looks.py "$folder/images"
node dist/spec/ci/images/mutants.js "$folder/images" "${2:-100}" "${3:-1}"
"$folder/venv/bin/python" spec/ci/images/check_mutants.py "$folder/images"
