#!/usr/bin/env bash
# A run in a bucket (moto), with faults: `s3-run.sh FOLDER PYTHON KEYS`. FOLDER gets the AWS SDK. PYTHON, of a virtual environment, has
# moto[server] and kubernetes-validate. KEYS are listed at once.
#
# Needs the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
folder="$1"
mkdir -p "$folder"
aws_sdk "$folder/packages"
node dist/spec/ci/s3-run/main.js "$folder" "$2" "$3"
"$(dirname "$2")/kubernetes-validate" --strict --kubernetes-version 1.37 "$folder/run/job.yaml"
