#!/usr/bin/env bash
# Compares the rounding errors of our kernels with those of PyTorch's float32: `precision.sh [CASE...]`, default: every
# case of spec/fixtures/engine/precision.json. Needs /usr/bin/python3 with torch and torchvision, and a built dist/.
#
# `precision.sh --record FILE CASE...` writes the errors of this machine's PyTorch into a copy of that file.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
fixtures=spec/fixtures/engine

if [ "${1:-}" = --record ]; then
  file="$2"
  shift 2
  node dist/spec/ci/precision-layers.js "$@" >"$scratch/layers.json"
  /usr/bin/python3 "$fixtures/make_precision.py" --record "$file" --layers "$scratch/layers.json" "$scratch" "$@"
  exit
fi
cases=("$@")
[ ${#cases[@]} -gt 0 ] ||
  mapfile -t cases < <(node -p "Object.keys(require('./$fixtures/precision.json').cases).join('\n')")
/usr/bin/python3 "$fixtures/make_precision.py" "$scratch" "${cases[@]}"
IMAGE_DRIFT_PRECISION="$scratch" node scripts/spec.mjs --limit 1800 shared/precision
