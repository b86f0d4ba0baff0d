"""Makes events, and checks tasks with Label Studio's package: label_studio.py events|check FOLDER. See label-studio.sh."""
import copy
import json
import random
import re
import sys
from pathlib import Path
from urllib.parse import quote, unquote

what, folder = sys.argv[1], Path(sys.argv[2])

if what == "events":
    random.seed(1)
    lines = ["event_id,embeddings,cat,dog,target,image_url"]
    for row in range(400):
        sure = random.uniform(0.5, 1)
        cat = sure if row % 2 else 1 - sure
        label = "cat" if (cat > 0.5) == (random.random() < sure) else "dog"
        lines.append(f'e{row},"[{random.gauss(0, 1):.4f}, {sure:.4f}]",{cat:.6f},{1 - cat:.6f},{label},north {row % 2}/{row}.png')
    (folder / "events.csv").write_text("\n".join(lines) + "\n")
    sys.exit()

from label_studio_sdk.label_interface import LabelInterface

config = LabelInterface(re.search(r"```xml\n(.*?)```", Path("docs/report.md").read_text(), re.S)[1])
config.validate()


def problems(task):
    """What Label Studio refuses; `validate_task` of version 2.1.2 cannot take predictions, which are checked one by one."""
    data = {"data": task["data"]}
    found = [] if config.validate_task(data) else [f"no data for a tag: {task['data']}"]
    for prediction in task["predictions"]:
        found += config.validate_prediction(prediction, return_errors=True)
    return found


tasks = json.loads((folder / "tasks.json").read_text())
assert len(tasks) == 40, len(tasks)
for task in tasks:
    assert problems(task) == [], problems(task)
    # As Label Studio's own local storage names them (`quote` of the path below its root).
    path = task["data"]["image"].removeprefix("/data/local-files/?d=")
    assert re.fullmatch(r"north [01]/\d+\.png", unquote(path)) and path == quote(unquote(path)), path


def planted(change):
    task = copy.deepcopy(tasks[0])
    change(task)
    return problems(task)


region = lambda task: task["predictions"][0]["result"][0]
wrong = {
    "a class that the configuration lacks": lambda task: region(task)["value"].update(choices=["horse"]),
    "no choices": lambda task: region(task).update(value={}),
    "another tag": lambda task: region(task).update(from_name="other"),
    "another object": lambda task: region(task).update(to_name="other"),
    "another type": lambda task: region(task).update(type="rectangle"),
    "a score above 1": lambda task: task["predictions"][0].update(score=2),
    "no image": lambda task: task["data"].pop("image"),
}
for name, change in wrong.items():
    assert planted(change) != [], f"{name}: Label Studio takes it, so that this check sees nothing"
print(f"{len(tasks)} tasks of label-plan are what Label Studio takes; {len(wrong)} planted errors are refused")
