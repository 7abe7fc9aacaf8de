"""Opens models that were cut here in timm, and writes what it answers.

python make.py CUT GOLDEN     # CUT as TimmShapesTest.write_cut_models left it, GOLDEN the directory above scores
"""

import pathlib
import shutil
import sys

import safetensors.torch
import timm
import torch

cut, golden = (pathlib.Path(path) for path in sys.argv[1:3])
here = pathlib.Path(__file__).parent
scores = {}
for directory in sorted(cut.iterdir()):
    name = directory.name
    # The two lines of espalier.json, word for word, but for where they look for files.
    for line in (directory / "note.txt").read_text().splitlines():
        exec(line.replace('("timm-shapes', f'("{directory}/timm-shapes').replace('("model.', f'("{directory}/model.'))
    images = safetensors.torch.load_file(golden / name / "inputs.safetensors")["pixel_values"]
    with torch.no_grad():
        scores[name + ".logits"] = model.eval()(images)
    shutil.copyfile(directory / "timm-shapes.txt", here / f"{name}.txt")
safetensors.torch.save_file(scores, here / "scores.safetensors")
print("python", sys.version.split()[0], "torch", torch.__version__, "timm", timm.__version__)
