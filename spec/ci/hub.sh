#!/usr/bin/env bash
# One cache for image-drift and PyPI's huggingface_hub, against a stand-in of the Hub: what the one downloads the other finds,
# online and offline. `hub.sh FOLDER`; FOLDER gets a virtual environment.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
peer hub "$1/venv"
node dist/spec/ci/hub.js "$1/venv/bin/python"
