#!/usr/bin/env bash
# Makes the large PyTorch references that spec/shared/backbones.spec.ts compares with:
#   make_backbone_goldens.sh SHARED OUT [CASE…]
# SHARED holds tools/golden.py. OUT gets a folder for each case (model.pth, input.npz, golden.npz, case.json).
# Needs /usr/bin/python3 with torch and torchvision; about two minutes and 2 GB. Existing folders are kept.
# CASE…: makes only the cases of these names.
set -euo pipefail
shared="$1" out="$2"
shift 2
only=" $* "
mkdir -p "$out"

# Avoids taps right before an in-place ReLU, because golden.py would keep the ReLU's output for them.
make() { # NAME ARCH HEAD(or -) SIZE ROWS TAPS
  local name="$1" arch="$2" head="$3" size="$4" rows="$5" taps="$6" options=()
  [ -f "$out/$name/case.json" ] && return
  [ "$only" = '  ' ] || [[ "$only" == *" $name "* ]] || return 0
  [ "$head" = - ] || options=(--head "$head,10")
  /usr/bin/python3 "$shared/tools/golden.py" --arch "$arch" --size "$size" --batch "$rows" --taps "$taps" --seed 7 \
    --out "$out/$name" "${options[@]}" >"$out/$name.log" 2>&1 || { cat "$out/$name.log"; return 1; }
  printf '{"arch": "%s", "taps": "%s"}\n' "$arch" "$taps" >"$out/$name/case.json"
  rm "$out/$name.log"
}

make resnet18-45          resnet18          128 45  4 maxpool,layer1,layer3.1.conv1,layer4,avgpool,fc.0,fc
make resnet34-64          resnet34          64  64  2 layer1.0.conv2,layer2,layer4.2,fc.0,fc
make resnet50-33          resnet50          128 33  2 layer1.0,layer2.0.downsample,layer4,avgpool,fc.0
make resnet50-224         resnet50          -   224 1 maxpool,layer3,avgpool,fc
make resnet101-64         resnet101         128 64  2 layer2,layer3,layer4,fc.0,fc
make resnet152-51         resnet152         -   51  1 layer1,layer3.35,layer4,fc
make wide_resnet50_2-64   wide_resnet50_2   -   64  2 layer1.2,layer4,fc
make resnext50_32x4d-77   resnext50_32x4d   128 77  2 layer1.0.conv2,layer2,layer4,fc.0
make resnext101_32x8d-64  resnext101_32x8d  -   64  1 layer1,layer3,layer4,fc
make vgg11-32             vgg11             128 32  2 features.2,features,avgpool,classifier.0
make vgg11_bn-64          vgg11_bn          128 64  2 features.3,features.20,features,classifier.0
make vgg13_bn-47          vgg13_bn          128 47  2 features.6,features.13,features,classifier.2
make vgg16-97             vgg16             -   97  1 features.4,features.30,avgpool,classifier.6
make vgg16_bn-36          vgg16_bn          128 36  2 features.6,features.43,avgpool,classifier
make vgg19_bn-50          vgg19_bn          64  50  2 features.13,features.52,classifier.0
make mobilenet_v2-32      mobilenet_v2      128 32  4 features.0,features.3,features.17,classifier.0
make mobilenet_v2-75      mobilenet_v2      -   75  3 features.1.conv.1,features.7,features.18,classifier
make mobilenet_v2-224     mobilenet_v2      -   224 1 features.2,features.14,features.18,classifier.1
echo "$(ls -d "$out"/*/ | wc -l) backbone references in $out"
