#!/usr/bin/env python3
"""Runs the lines of Python that `inspect` prints, on images by formula, and compares the pixels with ours.

  python run_lines.py lines.jsonl    # of spec/ci/compare-pillow.ts

The tensor that a line makes is normalised; undone, it must give the bytes that we feed to the engine.
"""
import hashlib, json, os, sys, tempfile
import torch
from PIL import Image
from made_image import made_image

cases = [json.loads(line) for line in open(sys.argv[1])]
os.chdir(tempfile.mkdtemp())
for case in cases:
    # The name is that of the line; Pillow goes by the content.
    Image.fromarray(made_image(*case['from'], case['image'])).save('image.jpg', format='PNG')
    names = {}
    exec(case['line'], names)
    mean, std = (torch.tensor(case[name]).view(-1, 1, 1) for name in ('mean', 'std'))
    raw = ((names['x'] * std + mean) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy().tobytes()
    if hashlib.sha256(raw).hexdigest()[:32] != case['sha256']:
        sys.exit(f"{case['line']}: other pixels for an image of {case['from']}")
print(f'{len(cases)} lines of Python make the same pixels')
