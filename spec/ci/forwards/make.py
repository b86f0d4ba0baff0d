#!/usr/bin/env python3
"""Make networks whose tensors do not say how they are used, and what their own programs compute in float64.

  make.py OUT [all|classes|SEED] [NAME...]

Needs torch, torchvision, transformers. `classes`: every class that is converted, in three configurations each. A seed takes an eighth of
all cases. A case whose class this transformers does not have is skipped.
"""
import random, sys
import torch
from classes import CLASSES
from folders import FOLDERS
from state_dicts import STATE_DICTS
from toolkit import Case


def main():
    out, amount, only = sys.argv[1], (sys.argv[2:] or ['all'])[0], sys.argv[3:]
    cases = {**STATE_DICTS, **FOLDERS, **CLASSES}
    groups = {'all': {**STATE_DICTS, **FOLDERS}, 'classes': CLASSES}
    chosen = [name for name in groups.get(amount, cases) if not only or name in only]
    if amount not in groups:
        chosen = random.Random(int(amount)).sample(chosen, len(chosen) // 8)
    for name in chosen:
        # The same draws whichever cases are made.
        seed = list(cases).index(name)
        torch.manual_seed(seed)
        try:
            cases[name](Case(out, name, seed))
            print(name)
        except (ImportError, AttributeError) as error:
            print(f'SKIPPED ({error}): {name}')


if __name__ == '__main__':
    main()
