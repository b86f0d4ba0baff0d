#!/usr/bin/env python3
"""Writes what the files of networks would say of themselves, without their weights, one JSON line a network:

  headers.py timm [NAME...]           every architecture of timm, as `timm.models.save_for_hf` describes it
  headers.py transformers [CLASS...]  every class of transformers that takes images, with its default configuration

A line has `name`, `parameters`, `side` of its usual images, `tensors` (name to shape) and `config` (config.json). A network that cannot be made
has `error`.
"""
import json
import logging
import sys
import tempfile
import warnings
from pathlib import Path

import torch

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)


def shapes_of(model):
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def parameters_of(model):
    return sum(parameter.numel() for parameter in model.parameters())


def timm_config(model):
    from timm.models._hub import save_config_for_hf
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'config.json')
        save_config_for_hf(model, path)
        return json.loads(path.read_text())


def timm_header(name):
    import timm
    with torch.device('meta'):
        model = timm.create_model(name)
    return {'parameters': parameters_of(model), 'side': model.pretrained_cfg['input_size'][-1], 'tensors': shapes_of(model),
            'config': timm_config(model)}


def timm_names():
    import timm
    return timm.list_models()


# The auto classes whose networks take images alone, or images beside a text.
AUTO = ('IMAGE_CLASSIFICATION', 'BACKBONE', 'ZERO_SHOT_IMAGE_CLASSIFICATION', 'IMAGE_TO_IMAGE', 'MASKED_IMAGE_MODELING', 'OBJECT_DETECTION',
        'SEMANTIC_SEGMENTATION', 'DEPTH_ESTIMATION', 'IMAGE')


def transformers_classes():
    """Class name to configuration class."""
    import transformers
    from transformers.models.auto import modeling_auto
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    found = {}
    for kind in AUTO:
        mapping = getattr(modeling_auto, f'MODEL_FOR_{kind}_MAPPING_NAMES', {})
        for model_type, classes in mapping.items():
            for each in classes if isinstance(classes, (tuple, list)) else [classes]:
                found.setdefault(each, model_type)
    for each in dir(transformers):
        if each.endswith(('VisionModel', 'VisionModelWithProjection')):
            config = getattr(getattr(transformers, each), 'config_class', None)
            if config is not None:
                found.setdefault(each, config.model_type)
    # The plain networks of the types above.
    for model_type in set(found.values()):
        plain = modeling_auto.MODEL_MAPPING_NAMES.get(model_type)
        for each in plain if isinstance(plain, (tuple, list)) else [plain] if plain else []:
            found.setdefault(each, model_type)
    return dict(sorted(found.items()))


def transformers_header(name):
    import transformers
    made = getattr(transformers, name)
    config_class = made.config_class
    with torch.device('meta'):
        model = made(config_class())
    config = model.config.to_dict()
    config['architectures'] = [name]
    return {'parameters': parameters_of(model), 'side': None, 'tensors': shapes_of(model), 'config': json.loads(json.dumps(config, default=str))}


def main(library, names):
    make, every = {'timm': (timm_header, timm_names), 'transformers': (transformers_header, lambda: list(transformers_classes()))}[library]
    for name in names or every():
        try:
            line = {'name': name, **make(name)}
        except Exception as error:  # noqa: BLE001: what cannot be made is told
            line = {'name': name, 'error': f'{type(error).__name__}: {error}'[:200]}
        print(json.dumps({'library': library, **line}), flush=True)


main(sys.argv[1], sys.argv[2:])
