#!/usr/bin/env bash
# Tasks of a run that are killed, and what `submit` prints for Kubernetes: `kill-shards.sh BIN KILLS JOB_KILLS`. BIN is the
# folder of programs of a virtual environment with kubernetes-validate.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
node dist/spec/ci/write-jpegs.js "$folder" 20
drift=(node "$PWD/dist/cli/main.js")
(
  cd "$folder"
  "${drift[@]}" plan photos --weights fashion-mnist-resnet18 --shards 3 --out run --quiet
  "${drift[@]}" submit run --to kubernetes --image 'registry/image-drift:0.1.0' >job.yaml
  "${drift[@]}" submit run --to kubernetes --shards-per-task 2 --parallel 1 >job-of-pairs.yaml
)
for version in 1.35 1.36 1.37; do
  "$1/kubernetes-validate" --strict --kubernetes-version "$version" "$folder/job.yaml" "$folder/job-of-pairs.yaml"
done
# A misspelt field is found, so the check is one.
sed 's/backoffLimitPerIndex/backofLimitPerIndex/' "$folder/job.yaml" >"$folder/wrong.yaml"
! "$1/kubernetes-validate" --strict --kubernetes-version 1.37 "$folder/wrong.yaml" 2>/dev/null
node dist/spec/ci/kill-shards.js "$2" "$3"
