#!/usr/bin/env bash
# Networks whose tensors do not say how they are used, and the classes of transformers that are converted, beside their own programs:
#   forwards.sh FOLDER VENV [all|SEED]
# VENV has a current torch, torchvision and transformers. A seed takes an eighth of the cases. Needs a built dist/.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$1" python="$2/bin/python" amount="${3:-1}"
groups=("$amount")
[ "$amount" != all ] || groups=(all classes)
for group in "${groups[@]}"; do
  TRANSFORMERS_VERBOSITY=error "$python" -W ignore spec/ci/forwards/make.py "$folder" "$group" >"$folder.log" 2>&1 || {
    tail -20 "$folder.log"
    exit 1
  }
  grep '^SKIPPED' "$folder.log" || true
done
node dist/spec/ci/forwards.js "$folder"
