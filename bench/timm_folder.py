"""A folder of JPEGs through a network of timm, as its users do it: create_transform, a DataLoader, parquet by pyarrow.

    python3 timm_folder.py photos PHOTOS OUT COUNT        COUNT JPEGs of 500x375, cut from the photographs of a folder
    python3 timm_folder.py model NAME OUT                 the network with random weights of a fixed seed, saved as the
                                                          Hugging Face Hub has it: config.json and model.safetensors
    python3 timm_folder.py run NAME MODEL IMAGES OUT THREADS
                                                          embeddings of the images, in the order of their names, as
                                                          parquet; prints one line of JSON with versions and the
                                                          seconds of each stage
"""
import json
import sys
import time
from pathlib import Path

BATCH_SIZE = 32


def photos(source, out, count):
    from image_folder import cut_photographs

    cut_photographs(Path(source), Path(out), int(count))


def model(name, out):
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(1)
    network = timm.create_model(name, pretrained=False)
    folder = Path(out)
    folder.mkdir(parents=True)
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, folder / "model.safetensors")
    cfg = {key: value for key, value in network.pretrained_cfg.items() if value is not None}
    config = {"architecture": name, "num_classes": network.num_classes, "pretrained_cfg": cfg}
    (folder / "config.json").write_text(json.dumps(config))


def run(name, folder, images, out, threads):
    started = time.perf_counter()
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq
    import timm
    import torch
    from PIL import Image
    from safetensors.torch import load_file
    from torch.utils.data import DataLoader, Dataset

    torch.set_num_threads(int(threads))
    network = timm.create_model(name, pretrained=False)
    network.load_state_dict(load_file(Path(folder) / "model.safetensors"))
    network.reset_classifier(0)
    network.eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network))
    paths = sorted(Path(images).glob("*.jpg"))

    class Images(Dataset):
        def __len__(self):
            return len(paths)

        def __getitem__(self, index):
            return transform(Image.open(paths[index]).convert("RGB"))

    begun = time.perf_counter()
    computing = 0.0
    rows = []
    with torch.inference_mode():
        for batch in DataLoader(Images(), batch_size=BATCH_SIZE, shuffle=False, num_workers=int(threads)):
            start = time.perf_counter()
            rows.append(network(batch).numpy())
            computing += time.perf_counter() - start
    looped = time.perf_counter()
    embeddings = np.concatenate(rows)
    values = pa.array(embeddings.reshape(-1))
    embedding = pa.FixedSizeListArray.from_arrays(values, embeddings.shape[1])
    table = pa.table({"image_path": [path.name for path in paths], "embedding": embedding})
    pq.write_table(table, out)
    told = {
        "torch": torch.__version__,
        "timm": timm.__version__,
        "start": begun - started,
        "loop": looped - begun,
        "compute": computing,
        "write": time.perf_counter() - looped,
    }
    np.savez(f"{out}.npz", embeddings=embeddings)
    print(json.dumps(told))


if __name__ == "__main__":
    {"photos": photos, "model": model, "run": run}[sys.argv[1]](*sys.argv[2:])
