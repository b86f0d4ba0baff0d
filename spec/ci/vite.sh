#!/usr/bin/env bash
# The project of docs/page.md, built by Vite from the packed package, type-checked, and opened in Chromium: the embedding of an image is
# that of Node. `vite.sh TARBALL FOLDER`. Needs the registry.
set -euo pipefail
cd "$(dirname "$0")/../.."
tarball="$(realpath "$1")"
mkdir -p "$2"
folder="$(realpath "$2")"
node dist/spec/ci/vite.js write "$folder"
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --no-update-notifier --loglevel=error "$tarball" vite@8.4.0 >/dev/null
mkdir -p public
cp -r node_modules/image-drift/weights/fashion-mnist-resnet18 public/weights
"$OLDPWD/node_modules/.bin/tsc" --noEmit --strict --skipLibCheck --target es2023 --module esnext --moduleResolution bundler \
  --lib es2023,dom,dom.iterable --types '' main.ts
npx --no-install vite build 2>&1 | tee build.txt
if grep -q 'externalized for browser' build.txt; then echo 'a module of Node is reached' >&2 && exit 1; fi
node "$OLDPWD/dist/spec/ci/vite.js" open "$folder/dist"
