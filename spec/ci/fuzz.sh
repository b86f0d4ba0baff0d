#!/usr/bin/env bash
# Compares random graphs with PyTorch in float64: `fuzz.sh [COUNT [FIRST_SEED [WIDE [TOKENS]]]]`. Default: 200 graphs from
# seed 1 on, 40 graphs with hundreds of channels, and 200 graphs of the operations of transformers, all
# our own kernels. Needs /usr/bin/python3 with torch, and a built dist/; takes some seconds. `--fixture` redraws the graphs of
# random-graphs.json and token-graphs.json in spec/fixtures/engine/simd/ instead.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
fixtures=spec/fixtures/engine/simd

if [ "${1:-}" = --fixture ]; then
  node dist/spec/ci/random-graphs.js 12 1001 >"$scratch/graphs.json"
  /usr/bin/python3 "$fixtures/run_graphs.py" --samples "$scratch/graphs.json" "$fixtures/random-graphs.json"
  node dist/spec/ci/random-graphs.js 0 1001 0 40 >"$scratch/graphs.json"
  /usr/bin/python3 "$fixtures/run_graphs.py" --samples "$scratch/graphs.json" "$fixtures/token-graphs.json"
  exit
fi

# COUNT FIRST_SEED WIDE TOKENS
compare() {
  node dist/spec/ci/random-graphs.js "$1" "$2" "$3" "$4" >"$scratch/graphs.json"
  /usr/bin/python3 "$fixtures/run_graphs.py" "$scratch/graphs.json" "$scratch/outputs.f64" >"$scratch/shapes.json"
  IMAGE_DRIFT_FUZZ="$scratch" node scripts/spec.mjs --limit 1200 shared/random-graphs
}
compare "${1:-200}" "${2:-1}" "${3:-40}" 0
compare 0 "${2:-1}" 0 "${4:-200}"
