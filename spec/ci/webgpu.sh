#!/usr/bin/env bash
# Runs the WebGPU backend on a software GPU, or on the GPU that is here: `webgpu.sh [SHARED [GOLDENS]]`.
# SHARED, the shared test data, has the installer of a software Vulkan device and the maker of PyTorch's references.
# Without it, a GPU or Mesa's llvmpipe must be here already, and the comparison with PyTorch is skipped. GOLDENS keeps
# references from one run to the next. Needs a built dist/; takes about three minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
shared="${1:-}" goldens="${2:-}"

find_gpu() {
  node --input-type=module -e '
    const { loadBackend } = await import("./dist/engine/index.js");
    const { ok, reason, device } = await (await loadBackend("webgpu")).availability();
    console.log(ok ? `GPU: ${device} (${reason})` : `no GPU: ${reason}`);
    process.exitCode = ok ? 0 : 1;'
}

[ -d node_modules/webgpu ] && [ -d node_modules/@tensorflow/tfjs-backend-webgpu ] ||
  npm install --no-save --no-audit --no-fund webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0
if ! find_gpu && [ -f "$shared/tools/install-software-vulkan.sh" ]; then
  bash "$shared/tools/install-software-vulkan.sh"
  find_gpu
fi
if [ -f "$shared/tools/golden.py" ] && /usr/bin/python3 -c 'import torch, torchvision' 2>/dev/null; then
  if [ -z "$goldens" ]; then
    goldens="$(mktemp -d)"
    trap 'rm -rf "$goldens"' EXIT
  fi
  bash spec/ci/make_backbone_goldens.sh "$shared" "$goldens" resnet18-45 resnet50-33 vgg11-32 mobilenet_v2-32
  export IMAGE_DRIFT_GOLDENS="$goldens"
fi
IMAGE_DRIFT_REQUIRE=webgpu node scripts/spec.mjs --limit 1200 gpu/
