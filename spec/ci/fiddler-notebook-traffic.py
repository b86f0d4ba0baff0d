"""Makes the calls of Fiddler's image-monitoring notebook with its official Python client, and counts what they cost.

  pip install fiddler-client==3.14.1 numpy pandas pyarrow
  FIDDLER_URL=… FIDDLER_TOKEN=… python fiddler-notebook-traffic.py FOLDER

FOLDER holds reference.parquet and production_1..3.parquet as `image-drift quickstart` writes them. The server is our
emulator; its own count (GET /emulator/traffic) is printed as one JSON object. The notebook does not wait for its jobs.
Here each job is asked about once at the end, because otherwise it is unknown whether the events arrived.
"""
import json, logging, os, sys, time, urllib.request

os.environ.setdefault('TQDM_DISABLE', '1')
import fiddler as fdl
import pandas as pd

URL, TOKEN = os.environ['FIDDLER_URL'], os.environ['FIDDLER_TOKEN']
CLASSES = ['plane', 'car', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
DAY_MS = 86_400_000
logging.getLogger('fiddler').setLevel(logging.ERROR)


def frame(name):
    """The notebook's columns in its order; vectors as lists of Python floats."""
    table = pd.read_parquet(os.path.join(sys.argv[1], f'{name}.parquet'))
    table['embeddings'] = [[float(value) for value in vector] for vector in table['embeddings']]
    return table[['embeddings', *CLASSES, 'target', 'image_url']]


def traffic():
    request = urllib.request.Request(f'{URL}/emulator/traffic', headers={'Authorization': f'Bearer {TOKEN}'})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


fdl.init(url=URL, token=TOKEN, auto_attach_log_handler=False)
project = fdl.Project.get_or_create(name=sys.argv[2] if len(sys.argv) > 2 else 'image_monitoring')
reference = frame('reference')
feature = fdl.ImageEmbedding(name='image_feature', source_column='image_url', column='embeddings')
spec = fdl.ModelSpec(
    inputs=['embeddings'], outputs=CLASSES, targets=['target'], metadata=['image_url'], custom_features=[feature])
model = fdl.Model.from_data(
    name='resnet18', project_id=project.id, source=reference, spec=spec, event_ts_col='timestamp',
    task=fdl.ModelTask.MULTICLASS_CLASSIFICATION, task_params=fdl.ModelTaskParams(target_class_order=CLASSES))
model.create()
jobs = [model.publish(source=reference, environment=fdl.EnvType.PRE_PRODUCTION, dataset_name='train_time_reference')]
for week, name in enumerate(['production_1', 'production_2', 'production_3']):
    production = frame(name)
    for day in range(6):
        now = int(time.time() * 1000)
        sample = production.sample(1000)
        sample['timestamp'] = now - (2 - week) * 7 * DAY_MS - day * DAY_MS
        jobs.append(model.publish(sample))
time.sleep(3)
for job in jobs:
    job.wait()
print(json.dumps(traffic()))
