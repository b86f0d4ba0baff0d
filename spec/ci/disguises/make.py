#!/usr/bin/env python3
"""Make checkpoints of ResNets, VGGs and MobileNetV2s as people save them, and what PyTorch computes with each.

  make.py OUT [all|part] [NAME...]

Needs torch and torchvision. With timm and safetensors it makes their spellings too. For each case: a folder with the
checkpoint, `pixels.npy` (uint8), an array for each tap, and `case.json`: options of convert, and taps or the expected error.
Weights are random. Batch norms have random statistics.
"""
import sys
import torch
from cases import CASES
from toolkit import Case


def main():
    out, amount, only = sys.argv[1], (sys.argv[2:] or ['all'])[0], sys.argv[3:]
    chosen = [(name, make) for name, make in CASES.items() if not only or name in only]
    for i, (name, make) in enumerate(chosen[:: 4 if amount == 'part' else 1]):
        torch.manual_seed(i)
        try:
            make(Case(out, name, i))
            print(name)
        except ImportError as error:
            print(f'SKIPPED ({error.name} is absent): {name}')


if __name__ == '__main__':
    main()
