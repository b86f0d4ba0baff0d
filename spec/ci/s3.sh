#!/usr/bin/env bash
# The same events from this disk, from S3 (moto) and over HTTPS, both with faults, by the command line: `s3.sh FOLDER PYTHON`.
# FOLDER gets the AWS SDK and a certificate. PYTHON has moto[server].
#
# Needs the registry and openssl.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
folder="$1"
mkdir -p "$folder"
aws_sdk "$folder/packages"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
  -addext subjectAltName=IP:127.0.0.1 -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
export NODE_EXTRA_CA_CERTS="$folder/cert.pem"
node dist/spec/ci/s3/main.js "$folder" "$2"
