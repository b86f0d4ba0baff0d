#!/usr/bin/env python3
"""Make checkpoints of ResNets, VGGs and MobileNetV2s as people save them, and what PyTorch computes with each.

  make.py OUT [EVERY] [NAME...]     one of EVERY

Needs torch and torchvision. With timm and safetensors it makes their spellings too. For each case: a folder with the
checkpoint, `pixels.npy` (uint8), an array for each tap, and `case.json`: options of convert, and taps or the expected error.
Weights are random. Batch norms have random statistics.
"""
import sys
import torch
from cases import CASES
from toolkit import Case


def main():
    out, every, only = sys.argv[1], int((sys.argv[2:] or [1])[0]), sys.argv[3:]
    chosen = [(name, make) for name, make in CASES.items() if not only or name in only]
    for i, (name, make) in enumerate(chosen[::every]):
        torch.manual_seed(i)
        try:
            make(Case(out, name, i))
            print(name)
        except ImportError as error:
            print(f'SKIPPED ({error.name} is absent): {name}')


if __name__ == '__main__':
    main()
