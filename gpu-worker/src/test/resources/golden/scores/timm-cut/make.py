"""Opens models that were cut here in timm, and writes what it answers.

python make.py CUT GOLDEN     # CUT as TimmShapesTest.write_cut_models left it, GOLDEN the directory above scores
python make.py images         # only draws the images of the models that have none of their own
"""

import contextlib
import json
import pathlib
import shutil
import sys

import safetensors.torch
import torch

here = pathlib.Path(__file__).resolve().parent
if sys.argv[1] == "images":
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(20261125))
    safetensors.torch.save_file({"pixel_values": images}, here / "inputs.safetensors")
    sys.exit()

import timm

cut, golden = (pathlib.Path(path).resolve() for path in sys.argv[1:3])
scores = {}
for directory in sorted(cut.glob("*/note.txt")):
    directory = directory.parent
    name = directory.name
    # What espalier.json says, word for word.
    with contextlib.chdir(directory):
        exec((directory / "note.txt").read_text())
    own = golden / name if (golden / name).is_dir() else here
    images = safetensors.torch.load_file(own / "inputs.safetensors")["pixel_values"]
    with torch.no_grad():
        logits = scores[name + ".logits"] = model.eval()(images)
    found = torch.tensor(json.loads((directory / "logits.json").read_text())).reshape(logits.shape)
    difference = ((found - logits).abs().max() / logits.abs().max()).item()
    print(f"{name}: apart by {difference:.1e} of the largest score, {logits.abs().max():.3g}", flush=True)
    assert difference < 1e-4
    shutil.copyfile(directory / "timm-shapes.txt", here / f"{name}.txt")
safetensors.torch.save_file(scores, here / "scores.safetensors")
print("python", sys.version.split()[0], "torch", torch.__version__, "timm", timm.__version__)
