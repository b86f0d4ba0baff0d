#!/usr/bin/env bash
# Compares random graphs on our own kernels with PyTorch in float64: `fuzz.sh [COUNT [FIRST_SEED [WIDE]]]`. Default: 200
# graphs from seed 1 on, and 40 graphs with hundreds of channels. Needs /usr/bin/python3 with torch, and a built dist/;
# takes some seconds. `--fixture` redraws the graphs of spec/fixtures/engine/simd/random-graphs.json instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
fixtures=spec/fixtures/engine/simd

if [ "${1:-}" = --fixture ]; then
  node dist/spec/ci/random-graphs.js 12 1001 >"$scratch/graphs.json"
  /usr/bin/python3 "$fixtures/run_graphs.py" --samples "$scratch/graphs.json" "$fixtures/random-graphs.json"
  exit
fi
node dist/spec/ci/random-graphs.js "${1:-200}" "${2:-1}" "${3:-40}" >"$scratch/graphs.json"
/usr/bin/python3 "$fixtures/run_graphs.py" "$scratch/graphs.json" "$scratch/outputs.f64" >"$scratch/shapes.json"
IMAGE_DRIFT_FUZZ="$scratch" node scripts/spec.mjs --limit 1200 shared/random-graphs
