#!/usr/bin/env bash
# The service of docs/service.md in a project of its own, from the packed package and fastify, type-checked, started and asked:
# `service.sh TARBALL FOLDER REQUESTS`. Needs the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
tarball="$(realpath "$1")"
mkdir -p "$2"
folder="$(realpath "$2")"
node dist/spec/ci/service.js write "$folder"
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --no-audit --no-fund --no-update-notifier --loglevel=error "$tarball" fastify@5.6.1 @types/node@24 >/dev/null
"$OLDPWD/node_modules/.bin/tsc" --strict --skipLibCheck --target es2023 --module nodenext --types node service.ts
node "$OLDPWD/dist/spec/ci/service.js" drive "$folder" "$3"
