#!/usr/bin/env bash
# A run in a bucket (moto), with faults: `s3-run.sh FOLDER PYTHON KEYS`. FOLDER gets the AWS SDK. PYTHON, of a virtual environment, has
# moto[server] and kubernetes-validate. KEYS are listed at once.
#
# Needs the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$1"
mkdir -p "$folder"
[ -d "$folder/packages" ] ||
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder/packages" @aws-sdk/client-s3@3
export IMAGE_DRIFT_PACKAGES="$folder/packages"
export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
node dist/spec/ci/s3-run/main.js "$folder" "$2" "$3"
"$(dirname "$2")/kubernetes-validate" --strict --kubernetes-version 1.37 "$folder/run/job.yaml"
