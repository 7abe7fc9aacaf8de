"""Writes gradnas-vit and gradnas-timm-vit: scores of heads and neurons of golden/vit and golden/timm-vit, in float64.

python make.py     # transformers 4.57.6, timm 1.0.31

For three batches of images: the mean loss, and for each unit what the loss changes by when a mask of ones in front of it (heads where
the output projection reads them, neurons before the activation) moves at that unit, by central differences, one unit after the other:
`batch.B.layer.I.heads.gradient`. `layer.I.heads` are their squares, summed over batches. Autograd has to say the same.
"""

import json
import pathlib
import sys

import timm
import torch
from safetensors.torch import load_file, save_file
from transformers import ViTForImageClassification

golden = pathlib.Path(__file__).resolve().parent.parent.parent
HEADS, SIZE, NEURONS, LAYERS, BATCHES, STEP = 4, 6, 40, 2, 3, 1e-4


def vit():
    model = ViTForImageClassification.from_pretrained(golden / "vit", attn_implementation="eager").double().eval()
    places = [(layer.attention.output.dense, layer.intermediate.dense) for layer in model.vit.encoder.layer]
    return (lambda images: model(images).logits), places


def timm_vit():
    config = json.loads((golden / "timm-vit/config.json").read_text())
    model = timm.create_model(config["architecture"], num_classes=3, **config["model_args"])
    model.load_state_dict(load_file(golden / "timm-vit/model.safetensors"))
    model = model.double().eval()
    return model, [(block.attn.proj, block.mlp.fc1) for block in model.blocks]


def write(name, forward, places):
    masks = {}
    for i, (attended, inner) in enumerate(places):
        heads = masks[f"layer.{i}.heads"] = torch.ones(HEADS, dtype=torch.float64)
        neurons = masks[f"layer.{i}.neurons"] = torch.ones(NEURONS, dtype=torch.float64)
        attended.register_forward_pre_hook(lambda m, x, h=heads: (x[0] * h.repeat_interleave(SIZE),))
        inner.register_forward_hook(lambda m, x, y, n=neurons: y * n)
    torch.manual_seed(20261130)
    inputs, scores, losses = {}, {key: torch.zeros_like(mask) for key, mask in masks.items()}, []
    for batch in range(BATCHES):
        images, labels = torch.randn(4, 3, 16, 16), torch.randint(0, 3, (4,))
        inputs |= {f"batch.{batch}.pixel_values": images, f"batch.{batch}.labels": labels}

        def loss():
            return torch.nn.functional.cross_entropy(forward(images.double()), labels)

        for mask in masks.values():
            mask.requires_grad_(True)
        exact = dict(zip(masks, torch.autograd.grad(loss(), list(masks.values()))))
        with torch.no_grad():
            losses.append(loss())
            for key, mask in masks.items():
                gradient = torch.zeros_like(mask)
                for unit in range(len(mask)):
                    mask[unit] = 1 + STEP
                    above = loss()
                    mask[unit] = 1 - STEP
                    gradient[unit] = (above - loss()) / (2 * STEP)
                    mask[unit] = 1
                assert torch.allclose(gradient, exact[key], rtol=1e-5, atol=1e-9), (name, batch, key)
                inputs[f"batch.{batch}.{key}.gradient"] = gradient.float()
                scores[key] += gradient**2
    scores = {key: value.float() for key, value in scores.items()} | {"losses": torch.stack(losses).float()}
    scores |= {key: inputs.pop(key) for key in list(inputs) if key.endswith("gradient")}
    folder = golden / "scores" / f"gradnas-{name}"
    folder.mkdir(exist_ok=True)
    save_file(inputs, folder / "inputs.safetensors")
    save_file(scores, folder / "scores.safetensors")


write("vit", *vit())
write("timm-vit", *timm_vit())
print(sys.version.split()[0], torch.__version__, timm.__version__)
