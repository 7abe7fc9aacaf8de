#!/usr/bin/env python3
"""Trains a small transformer on scikit-learn's handwritten digits, prunes it by GradNAS and Minitron, and opens the results in transformers and timm.

    python integration-tests/open_vit.py WORK [ESPALIER]

ESPALIER is the command, by default deploy/espalier. The network (32 x 32, patches of 8, 4 layers of 4 heads and 256 neurons, hidden size
64, 10 classes) is trained here by PyTorch on 1,297 images, some minutes on two cores, and stored twice, with the names of transformers and
of timm. Images of 8 x 8 are written as CIFAR-10's binary files, each pixel as a square of 4 x 4. For each model and budget it prints the form,
accuracy and loss before and after as `espalier evaluate` has them on the 500 other images, the same as the library has them, and the largest
difference of losses of a form that opens. It ends with 1 if a result that should open does not, or losses differ by more than 1e-4. Not part
of the build: it wants transformers 4, timm, torch and scikit-learn.
"""

import json
import math
import pathlib
import shlex
import subprocess
import sys

import numpy
import timm
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from transformers import AutoModelForImageClassification, ViTConfig, ViTForImageClassification, ViTImageProcessor

LARGEST_DIFFERENCE = 1e-4
TRAIN, EPOCHS, BATCH, RATE = 1297, 25, 50, 2e-3
HIDDEN, LAYERS, HEADS, NEURONS, SIZE, PATCH, CLASSES = 64, 4, 4, 256, 32, 8, 10
CASES = [(80, ""), (60, ""), (60, ", output: hf-v4-pruned-heads"), (60, ", output: per-layer"), (60, ", output: per-layer, reconstruct: off")]
POLICY = """
apiVersion: espalier.io/v1
kind: PruningPolicy
metadata: {{ name: cut }}
spec:
  match: {{ names: ["*"] }}
  data: {{ calibration: "{data}?split=train", eval: "{data}?split=test" }}
  stages:
    - prune: {{ algorithm: {asked}, batches: 32, neuronDivisor: 8{more} }}
"""
GRADNAS = "gradnas, constraints: {{ flops: {}% }}"
MINITRON = "minitron, hiddenDivisor: 8, maxWidthPruning: 0.6, maxDepthPruning: 0.3, constraints: {{ parameters: {}% }}"
HALVES = "minitron, export: { hidden_size: 32, num_attention_heads: 2, intermediate_size: 128 }"
SIZES = [
    (80, MINITRON.format(80), ""), (60, MINITRON.format(60), ""), (60, MINITRON.format(60), ", reconstruct: off"),
    (40, MINITRON.format(40), ""), (25, HALVES, ""), (25, HALVES, ", reconstruct: off")]


def run(espalier, *arguments):
    return subprocess.run([*espalier, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout


def write(work):
    """The digits in an order by chance that is always the same, the first to learn from."""
    digits = load_digits()
    order = numpy.random.default_rng(1).permutation(len(digits.target))
    planes = numpy.rint(digits.images * 255 / 16).astype(numpy.uint8).repeat(SIZE // 8, 1).repeat(SIZE // 8, 2).reshape(-1, 1, SIZE * SIZE)
    rows = numpy.concatenate([digits.target[:, None].astype(numpy.uint8), planes.repeat(3, 1).reshape(-1, 3 * SIZE * SIZE)], 1)[order]
    folder = work / "digits"
    folder.mkdir(parents=True)
    for batch, part in enumerate(numpy.array_split(rows[:TRAIN], 5)):
        part.tofile(folder / f"data_batch_{batch + 1}.bin")
    rows[TRAIN:].tofile(folder / "test_batch.bin")


def images(files):
    """CIFAR's binary files: a label, then rows of each colour."""
    rows = numpy.concatenate([numpy.fromfile(file, numpy.uint8).reshape(-1, 1 + 3 * SIZE * SIZE) for file in files])
    pixels = torch.tensor(rows[:, 1:].reshape(-1, 3, SIZE, SIZE)).float() / 255
    return (pixels - 0.5) / 0.5, torch.tensor(rows[:, 0]).long()


def trained(pixels, labels):
    torch.manual_seed(1)
    model = ViTForImageClassification(ViTConfig(
        hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=NEURONS, image_size=SIZE,
        patch_size=PATCH, num_labels=CLASSES))
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.05)
    steps = EPOCHS * (len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    for epoch in range(EPOCHS):
        order, sum_of_losses = torch.randperm(len(labels)), 0
        for start in range(0, len(labels) - BATCH + 1, BATCH):
            chosen = order[start:start + BATCH]
            loss = torch.nn.functional.cross_entropy(model(pixels[chosen]).logits, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            sum_of_losses += loss.item()
        print(f"epoch {epoch + 1}: loss {sum_of_losses / (len(labels) // BATCH):.4f}", flush=True)
    return model.eval()


def store(model, work):
    model.save_pretrained(work / "vit")
    ViTImageProcessor(size={"height": SIZE, "width": SIZE}).save_pretrained(work / "vit")
    arguments = dict(img_size=SIZE, patch_size=PATCH, embed_dim=HIDDEN, depth=LAYERS, num_heads=HEADS, mlp_ratio=NEURONS / HIDDEN)
    state, renamed = model.state_dict(), {}
    for theirs, ours in (
            ("cls_token", "vit.embeddings.cls_token"), ("pos_embed", "vit.embeddings.position_embeddings"),
            ("patch_embed.proj.weight", "vit.embeddings.patch_embeddings.projection.weight"),
            ("patch_embed.proj.bias", "vit.embeddings.patch_embeddings.projection.bias"), ("norm.weight", "vit.layernorm.weight"),
            ("norm.bias", "vit.layernorm.bias"), ("head.weight", "classifier.weight"), ("head.bias", "classifier.bias")):
        renamed[theirs] = state[ours]
    for i in range(LAYERS):
        for kind in ("weight", "bias"):
            layer = f"vit.encoder.layer.{i}."
            read = [state[f"{layer}attention.attention.{part}.{kind}"] for part in ("query", "key", "value")]
            renamed[f"blocks.{i}.attn.qkv.{kind}"] = torch.cat(read)
            for theirs, ours in (
                    ("attn.proj", "attention.output.dense"), ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense"),
                    ("norm1", "layernorm_before"), ("norm2", "layernorm_after")):
                renamed[f"blocks.{i}.{theirs}.{kind}"] = state[f"{layer}{ours}.{kind}"]
    timm.create_model("vit_tiny_patch16_224", num_classes=CLASSES, **arguments).load_state_dict(renamed)
    (work / "timm").mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in renamed.items()}, work / "timm" / "model.safetensors")
    config = {
        "architecture": "vit_tiny_patch16_224", "num_classes": CLASSES, "model_args": arguments,
        "pretrained_cfg": {"input_size": [3, SIZE, SIZE], "mean": [0.5] * 3, "std": [0.5] * 3, "num_classes": CLASSES, "classifier": "head",
                           "first_conv": "patch_embed.proj"}}
    (work / "timm" / "config.json").write_text(json.dumps(config, indent=2))


def judged(model, pixels, labels):
    with torch.no_grad():
        said = torch.cat([getattr(out, "logits", out) for out in (model(part) for part in pixels.split(100))])
    return (said.argmax(1) == labels).double().mean().item(), torch.nn.functional.cross_entropy(said.double(), labels).item()


def opened(directory, library):
    if library == "timm":
        return timm.create_model(f"local-dir:{directory}", pretrained=True).eval()
    model, found = AutoModelForImageClassification.from_pretrained(directory, output_loading_info=True)
    assert not any(found.values()), found
    return model.eval()


def evaluated(model, work, espalier):
    return json.loads(run(espalier, "evaluate", "--model", model, "--data", f"{work / 'digits'}?split=test", "-o", "json"))


def widths(directory):
    """Sizes of a model, in the words of its config.json."""
    config = json.loads((directory / "config.json").read_text())
    said = config.get("model_args", config)
    keys = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "embed_dim", "depth", "num_heads", "mlp_ratio")
    return {key: said[key] for key in keys if key in said}


def check(name, budget, asked, more, work, espalier, test, before):
    form = ("-minitron" if asked.startswith("minitron") else "") + more.replace(", ", "-").replace(": ", "=")
    out = work / f"{name}-{budget}{form}"
    if name == "timm" and "hf-v4" in more:
        return True
    policy = work / "policy.yaml"
    policy.write_text(POLICY.format(data=(work / "digits").as_uri() + "/", asked=asked, more=more))
    if not out.exists():
        run(espalier, "optimize", "--model", work / name, "--policy", policy, "--out", out, "--scores", work / "scores")
    made = json.loads((out / "espalier.json").read_text())
    after = evaluated(out, work, espalier)
    loaders = made["loadsIn"]
    change = made["stages"][-1]["change"]
    sizes = ", ".join(f"{key} {value}" for key, value in widths(out).items())
    line = (f"{name} {budget} %, {change.get('output', sizes)}{' as cut' if 'reconstruct' in more else ''}: accuracy "
            f"{before['accuracy']:.4f} -> {after['accuracy']:.4f}, loss {before['loss']:.4f} -> {after['loss']:.4f}, opens in "
            f"{', '.join(loaders)}")
    library = next((each for each in ("timm", "transformers") if any(loader.startswith(each) for loader in loaders)), None)
    if library is None:
        print(line, flush=True)
        return True
    accuracy, loss = judged(opened(out, library), *test)
    print(f"{line}; {library} has {accuracy:.4f} and {loss:.6f}, {abs(loss - after['loss']):.1e} from {after['loss']:.6f}", flush=True)
    return math.isclose(loss, after["loss"], abs_tol=LARGEST_DIFFERENCE)


def main(work, espalier):
    if not (work / "digits").exists():
        write(work)
    test = images(work.glob("digits/**/test_batch.bin"))
    if not (work / "timm").exists():
        store(trained(*images(sorted(work.glob("digits/**/data_batch_*.bin")))), work)
    before = {name: evaluated(work / name, work, espalier) for name in ("vit", "timm")}
    cases = [(budget, GRADNAS.format(budget), more) for budget, more in CASES] + SIZES
    return all([check(name, *case, work, espalier, test, before[name]) for name in before for case in cases])


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[1]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    here = pathlib.Path(__file__).resolve().parent.parent
    command = shlex.split(sys.argv[2]) if len(sys.argv) > 2 else [str(here / "deploy" / "espalier")]
    sys.exit(0 if main(place, command) else 1)
