#!/usr/bin/env bash
# Installs the two packed packages into an empty project, as users do. image-drift alone runs its demo, has no web
# server and no database, and says how to install the emulator. With the emulator installed too, `image-drift emulator`
# starts, answers and ends on SIGTERM. Both packages can be imported as their `exports` say.
#
#     spec/ci/installs-emulator.sh [TARBALL]        TARBALL: the packed image-drift
#
# Needs the registry. Leaves nothing behind.
set -euo pipefail
tarball="${1:+$(realpath "$1")}"
cd "$(dirname "$0")/../.."
work="$(mktemp -d)"
server=''
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
quiet=(--no-audit --no-fund --no-update-notifier --loglevel=error)

if [ -z "$tarball" ]; then
  npm run --silent build
  npm pack --ignore-scripts --silent --pack-destination "$work" >/dev/null
  tarball="$(echo "$work"/image-drift-[0-9]*.tgz)"
fi
npm pack --ignore-scripts --silent -w image-drift-emulator --pack-destination "$work" >/dev/null
emulator="$(echo "$work"/image-drift-emulator-*.tgz)"
npx publint --strict "$emulator"
npx attw "$emulator" --profile esm-only
if tar -tzf "$emulator" | grep -E 'spec/|tsbuildinfo'; then fail 'these files are not for users'; fi

mkdir "$work/project"
cd "$work/project"
npm init -y >/dev/null
npm install "${quiet[@]}" --loglevel=warn "$tarball" >/dev/null 2>warnings.txt
[ ! -s warnings.txt ] || fail "npm warns: $(cat warnings.txt)"
for name in fastify @fastify/multipart node-sqlite3-wasm image-drift-emulator; do
  [ ! -e "node_modules/$name" ] || fail "image-drift alone installs $name"
done
packages="$(npm ls --all --parseable --omit=dev | tail -n +2 | wc -l)"
echo "image-drift: $packages packages, $(du -sm node_modules | cut -f1) MB"

status=0
npx --no-install image-drift emulator --json 2>error.json || status=$?
[ "$status" -eq 4 ] || fail "without its package, the emulator command exits with $status"
grep -q '"code":"EMULATOR_NOT_INSTALLED"' error.json || fail "$(cat error.json)"
grep -q 'npm pack -w image-drift-emulator' error.json || fail "$(cat error.json)"
echo 'image-drift alone: says how to install the emulator'

npx --no-install image-drift demo --quiet >demo.txt
grep -q 'week_3 .* drift ' demo.txt || fail "$(cat demo.txt)"
echo 'image-drift alone: the demo runs'

npm install "${quiet[@]}" "$emulator" >/dev/null
export FIDDLER_TOKEN=token-of-the-check
# Started without npx, which would receive the signal itself.
node node_modules/image-drift/dist/cli/main.js emulator --port 0 --json >server.json &
server=$!
for _ in $(seq 100); do [ -s server.json ] && break; sleep 0.1; done
url="$(node -p 'JSON.parse(require("fs").readFileSync("server.json", "utf8")).url')"
node - "$url" <<'END'
const [url] = process.argv.slice(2);
const expect = async (path, token, status) => {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  if (answer.status !== status) throw new Error(`${path}: ${answer.status}, not ${status}`);
};
await expect('/v3/server-info', process.env.FIDDLER_TOKEN, 200);
await expect('/v3/server-info', 'another', 401);
for (const path of ['/', '/client.js', '/client.css']) await expect(path, '', 200);
END
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=''
[ "$status" -eq 0 ] || fail "the emulator ends with $status on SIGTERM"
echo 'with image-drift-emulator: it starts, answers and ends'
