#!/usr/bin/env bash
# Known weaknesses of what is installed with the package. A registry without the service is no failure.
set -uo pipefail
cd "$(dirname "$0")/../.."
answer="$(npm audit --omit=dev --json 2>/dev/null)"
if ! node -e 'process.exit(JSON.parse(process.argv[1]).metadata?.vulnerabilities ? 0 : 1)' "$answer" 2>/dev/null; then
  echo 'SKIPPED (this registry has no audit): known weaknesses of dependencies'
  exit 0
fi
npm audit --omit=dev
