#!/usr/bin/env bash
# Follows README.md as a newcomer does: its commands, in order, in a fresh clone and in an empty project beside it that
# installs the packed packages, from the first to `verify`, against the emulator. Then the same commands in the clone.
#
# With IMAGE_DRIFT_CHECKS=slice the clone is given what this checkout has installed and built, and the commands run in the
# project only.
# `spec/fixtures/readme/steps.json` says what each must do.
#
# Needs the registry. Leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
checks="$PWD/dist/spec/ci/readme/run.js"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export npm_config_audit=false npm_config_fund=false npm_config_loglevel=error
# The first start of an engine, not what an earlier one has measured.
export XDG_CACHE_HOME="$work/cache"

# What is not committed yet is part of the clone: the checks are for the working tree.
mkdir "$work/image-drift" "$work/project"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from - --ignore-failed-read |
  tar --extract --directory "$work/image-drift"
if [ "${IMAGE_DRIFT_CHECKS:-}" = slice ]; then
  cp --archive node_modules dist "$work/image-drift/"
  cp --archive fiddler/emulator/dist "$work/image-drift/fiddler/emulator/"
fi
(cd "$work/project" && npm init -y >/dev/null)
npm pack --ignore-scripts --silent --workspace image-drift-emulator --pack-destination "$work" >/dev/null
node "$checks" "$work/image-drift" "$work/project" "$work"/image-drift-emulator-*.tgz
# The other way is not needed every time.
[ "${IMAGE_DRIFT_CHECKS:-}" = slice ] && exit
rm -rf "$work/cache"
node "$checks" "$work/image-drift"
