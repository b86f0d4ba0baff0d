"""Images by formula, the same as in spec/support/image-files.ts: noise, hard edges on a slope, and black and white."""
import numpy as np


def made_image(height, width, seed):
    """uint8 [height, width, 3]; the remainder of seed / 3 says which kind."""
    i = np.arange(height * width * 3, dtype=np.uint64)
    if seed % 3 == 1:
        return ((i // 7 + (i * i % 251) * (i // 64 % 2) + seed) % 256).astype(np.uint8).reshape(height, width, 3)
    mask = np.uint64(0xFFFFFFFF)
    noise = (i * np.uint64(2654435761) + np.uint64(seed * 40503)) & mask
    noise = ((noise ^ (noise >> np.uint64(15))) * np.uint64(2246822519)) & mask
    noise ^= noise >> np.uint64(13)
    noise = (noise >> np.uint64(16)).astype(np.uint8)
    return (noise if seed % 3 == 0 else np.where(noise < 128, 0, 255).astype(np.uint8)).reshape(height, width, 3)
