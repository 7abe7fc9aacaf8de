"""Writes classifier/: a small residual network of transformers with names of its classes, and evaluated.json: what
transformers measures with it on files/, whatever their mode, in directories named as its classes.

python make_classifier.py    # transformers 5.24.0, torch 2.9.1, torchvision 0.24.1, Pillow 13.0.0; after make_files.py
"""

import json
import pathlib
import shutil

import torch
from transformers import AutoImageProcessor, ConvNextImageProcessor, ResNetConfig, ResNetForImageClassification
from transformers.image_utils import load_image

here = pathlib.Path(__file__).parent
NAMES = ["zebra", "ant", "Cat 9"]
DIRECTORIES = {
    "ant": ["cmyk.jpg", "grey-16.png", "exif-6.jpg", "palette-4-interlaced.png"],
    "Cat 9": ["grey-alpha-8.png", "rgb-440.jpg", "rgb-alpha-16.png"],
    "zebra": ["cmyk-black-ycck.jpg", "grey-1.png", "progressive.jpg", "exif-8-after.png", "palette-8.png"],
}

shutil.rmtree(here / "classifier", ignore_errors=True)
torch.manual_seed(20261201)
config = ResNetConfig(
    embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic",
    id2label=dict(enumerate(NAMES)), label2id={name: i for i, name in enumerate(NAMES)},
)
model = ResNetForImageClassification(config).eval()
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var") or name.endswith("normalization.weight"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean") or name.endswith("bias"):
            tensor.normal_(0, 0.3)
        elif name == "classifier.1.weight":
            tensor.normal_(0, 2)
model.save_pretrained(here / "classifier")
ConvNextImageProcessor(size={"shortest_edge": 32}, crop_pct=0.8, resample=3).save_pretrained(here / "classifier")
processor = AutoImageProcessor.from_pretrained(here / "classifier")
pixels, labels = [], []
for directory, files in DIRECTORIES.items():
    for file in files:
        pixels.append(processor(load_image(str(here / "files" / file)), return_tensors="pt")["pixel_values"][0])
        labels.append(model.config.label2id[directory])
with torch.no_grad():
    logits = model(torch.stack(pixels)).logits
expected = {
    "directories": DIRECTORIES,
    "loss": torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).item(),
    "accuracy": (logits.argmax(1) == torch.tensor(labels)).float().mean().item(),
}
(here / "evaluated.json").write_text(json.dumps(expected, indent=1) + "\n")
print(expected["loss"], expected["accuracy"])
