"""What torchvision does to images before each of its networks, as its first weights say, beside the table of our specs.

  usual_transforms.py TABLE [--write]

Ends with 1 where they differ. With `--write` it makes the table.
"""
import json
import sys

import torchvision.models as models


def transforms_of(name):
    weights = [w.transforms() for w in models.get_model_weights(name) if w.name.startswith('IMAGENET1K')]
    # A vision transformer is made for one side, 224 where nothing else is asked for.
    own = next((w for w in weights if name.startswith('vit_') and w.crop_size == [224]), weights[0])
    [resize], [crop] = own.resize_size, own.crop_size
    return {'resize': resize, 'crop': crop, 'interpolation': own.interpolation.value}


found = {name: transforms_of(name) for name in sorted(models.list_models(module=models))}
if '--write' in sys.argv:
    with open(sys.argv[1], 'w') as file:
        file.write('{\n' + ',\n'.join(f'  "{name}": {json.dumps(own)}' for name, own in found.items()) + '\n}\n')
with open(sys.argv[1]) as file:
    table = json.load(file)
different = [name for name in found if found[name] != table.get(name)]
print(f'{len(found) - len(different)} of {len(found)} networks as torchvision transforms their images', *different)
sys.exit(len(different) > 0)
