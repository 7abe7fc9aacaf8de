"""Writes this directory: a small residual network of transformers, halving where its usual configurations do not.

python make.py     # transformers 4.57.6
"""

import pathlib
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import ConvNextImageProcessor, ResNetConfig, ResNetForImageClassification

here = pathlib.Path(__file__).parent
torch.manual_seed(20261124)
model = ResNetForImageClassification(
    ResNetConfig(
        embedding_size=8,
        hidden_sizes=[16, 24],
        depths=[1, 2],
        layer_type="bottleneck",
        downsample_in_first_stage=True,
        downsample_in_bottleneck=True,
        num_labels=3,
    )
).eval()
with torch.no_grad():
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var") or name.endswith("normalization.weight"):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith("running_mean") or name.endswith("bias"):
            tensor.normal_(0, 0.3)
    images = torch.randn(2, 3, 64, 48)
    logits = model(images).logits
    features = model.resnet(images).last_hidden_state
model.save_pretrained(here)
ConvNextImageProcessor(size={"shortest_edge": 64}, crop_pct=0.875).save_pretrained(here)
save_file({"pixel_values": images}, here / "inputs.safetensors")
save_file({"logits": logits, "features": features.contiguous()}, here / "expected.safetensors")
print(sys.version.split()[0], torch.__version__, transformers.__version__)
