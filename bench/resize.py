"""Pillow's resize of an image of noise, timed: the fastest of some rounds.

    python resize.py HEIGHT WIDTH TO_HEIGHT TO_WIDTH FILTER ROUNDS
"""
import json
import os
import sys
import time

import PIL
from PIL import Image

height, width, to_height, to_width = map(int, sys.argv[1:5])
image = Image.frombytes("RGB", (width, height), os.urandom(height * width * 3))
resample = Image.Resampling[sys.argv[5].upper()]
best = float("inf")
for _ in range(int(sys.argv[6])):
    start = time.perf_counter()
    image.resize((to_width, to_height), resample)
    best = min(best, time.perf_counter() - start)
print(json.dumps({"milliseconds": best * 1000, "version": PIL.__version__}))
