"""Writes vit, deit, timm-vit, scores/masked-vit and scores/masked-timm-vit: small transformers that read images.

python make.py     # transformers 4.57.6, timm 1.0.31

`masked.heads.logits` is what a model says whose heads are zero where the output projection reads them, `masked.neurons.logits` the same
with neurons where the second dense layer reads them, `masked.both.logits` with both; kept units are `kept.layer.i.heads` and
`kept.layer.i.neurons`. `sliced.hidden.logits` is what a real smaller model says, whose hidden size is that of the heads that it has left:
one head (head 1 in all layers) and the channels `kept.hidden` stay; it lies in `sliced/`. `gradient.layer.i.*` are the gradients of the mean loss of
the images with respect to a mask of ones on heads (where the output projection reads them) and neurons (before the activation).
"""

import json
import pathlib
import sys

import timm
import torch
import transformers
from safetensors.torch import save_file
from transformers import DeiTConfig, DeiTForImageClassification, ViTConfig, ViTForImageClassification, ViTImageProcessor

golden = pathlib.Path(__file__).resolve().parent.parent
HEADS, SIZE, HIDDEN, NEURONS, LAYERS = 4, 6, 24, 40, 2
COMMON = dict(
    hidden_size=HIDDEN,
    num_hidden_layers=LAYERS,
    num_attention_heads=HEADS,
    intermediate_size=NEURONS,
    image_size=16,
    patch_size=4,
    num_labels=3,
    attn_implementation="eager",
)
TIMM = dict(img_size=16, patch_size=4, embed_dim=HIDDEN, depth=LAYERS, num_heads=HEADS, mlp_ratio=NEURONS / HIDDEN)


def fill(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if "norm" in name and name.endswith("weight"):
                tensor.normal_(1, 0.2)
            elif tensor.dim() == 2:
                tensor.normal_(0, 1.4 / tensor.shape[1] ** 0.5)
            elif tensor.dim() == 4:
                tensor.normal_(0, 0.15)
            else:
                tensor.normal_(0, 0.3)
    return model.eval()


def logits(model, images):
    out = model(images)
    return out if isinstance(out, torch.Tensor) else out.logits


def places(model):
    """Per layer the modules that read heads, give neurons, and read neurons."""
    if hasattr(model, "blocks"):
        return [(block.attn.proj, block.mlp.fc1, block.mlp.fc2) for block in model.blocks]
    body = model.vit if hasattr(model, "vit") else model.deit
    return [(layer.attention.output.dense, layer.intermediate.dense, layer.output.dense) for layer in body.encoder.layer]


def ones(size, units, block=1):
    mask = torch.zeros(size)
    for unit in units:
        mask[int(unit) * block : (int(unit) + 1) * block] = 1
    return mask


def masked(model, images, kept, kinds):
    hooks = []
    for i, (attended, inner, outer) in enumerate(places(model)):
        for kind, module, size, block in (("heads", attended, HEADS * SIZE, SIZE), ("neurons", outer, NEURONS, 1)):
            if kind in kinds:
                mask = ones(size, kept[f"kept.layer.{i}.{kind}"], block)
                hooks.append(module.register_forward_pre_hook(lambda m, x, mask=mask: (x[0] * mask,)))
    with torch.no_grad():
        said = logits(model, images)
    for hook in hooks:
        hook.remove()
    return said


def gradients(model, images, labels):
    masks, hooks = {}, []
    for i, (attended, inner, outer) in enumerate(places(model)):
        heads = masks[f"gradient.layer.{i}.heads"] = torch.ones(HEADS, requires_grad=True)
        neurons = masks[f"gradient.layer.{i}.neurons"] = torch.ones(NEURONS, requires_grad=True)
        hooks.append(attended.register_forward_pre_hook(lambda m, x, h=heads: (x[0] * h.repeat_interleave(SIZE),)))
        hooks.append(inner.register_forward_hook(lambda m, x, y, n=neurons: y * n))
    loss = torch.nn.functional.cross_entropy(logits(model, images), labels)
    found = dict(zip(masks, torch.autograd.grad(loss, list(masks.values()))))
    for hook in hooks:
        hook.remove()
    return found


def sliced(model, smaller, hidden):
    """The weights of one head, of some channels of the stream."""
    rows = torch.arange(SIZE, 2 * SIZE)
    tensors = {}
    for name, value in model.state_dict().items():
        if "attn.qkv" in name:
            value = torch.cat([value[part * HEADS * SIZE + rows] for part in range(3)])
        elif any(part in name for part in ("query", "key", "value")):
            value = value[rows]
        elif "attn.proj.weight" in name or "attention.output.dense.weight" in name:
            value = value[:, rows]
        wanted = smaller.state_dict()[name].shape
        for axis in range(value.dim()):
            if value.shape[axis] != wanted[axis]:
                value = value.index_select(axis, hidden)
        tensors[name] = value.contiguous()
    smaller.load_state_dict(tensors)
    return smaller.eval()


def write(name, model, images, labels):
    with torch.no_grad():
        said = logits(model, images)
    expected = {
        "logits": said,
        "loss": torch.nn.functional.cross_entropy(said, labels),
        "parameters": torch.tensor(sum(p.numel() for p in model.parameters())),
    }
    (golden / name).mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in expected.items()}, golden / name / "expected.safetensors")
    save_file({"pixel_values": images, "labels": labels}, golden / name / "inputs.safetensors")


def oracle(name, model, smaller, images, labels):
    kept = {"kept.hidden": torch.tensor(sorted(torch.randperm(HIDDEN)[:SIZE].tolist()))}
    for i in range(LAYERS):
        kept[f"kept.layer.{i}.heads"] = torch.tensor(sorted(torch.randperm(HEADS)[: 3 - i].tolist()))
        kept[f"kept.layer.{i}.neurons"] = torch.tensor(sorted(torch.randperm(NEURONS)[:24].tolist()))
    scores = dict(kept) | gradients(model, images, labels)
    for which, kinds in (("heads", ["heads"]), ("neurons", ["neurons"]), ("both", ["heads", "neurons"])):
        scores[f"masked.{which}.logits"] = masked(model, images, kept, kinds)
    small = sliced(model, smaller, kept["kept.hidden"])
    with torch.no_grad():
        scores["sliced.hidden.logits"] = logits(small, images)
    save_file({key: value.contiguous() for key, value in scores.items()}, golden / f"scores/masked-{name}/scores.safetensors")
    return small


torch.manual_seed(20261130)
images, labels = torch.randn(5, 3, 16, 16), torch.tensor([0, 2, 1, 1, 0])
vit = fill(ViTForImageClassification(ViTConfig(**COMMON)))
vit.save_pretrained(golden / "vit")
ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(golden / "vit")
write("vit", vit, images, labels)
narrow = dict(COMMON, hidden_size=SIZE, num_attention_heads=1)
small = oracle("vit", vit, ViTForImageClassification(ViTConfig(**narrow)), images, labels)
small.save_pretrained(golden / "scores/masked-vit/sliced")

deit = fill(DeiTForImageClassification(DeiTConfig(**COMMON, qkv_bias=False)))
deit.save_pretrained(golden / "deit")
ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(golden / "deit")
write("deit", deit, images, labels)

model = fill(timm.create_model("vit_tiny_patch16_224", num_classes=3, **TIMM))
write("timm-vit", model, images, labels)
save_file({key: value.contiguous() for key, value in model.state_dict().items()}, golden / "timm-vit/model.safetensors")
config = {"architecture": "vit_tiny_patch16_224", "num_classes": 3, "model_args": TIMM, "pretrained_cfg": {"input_size": [3, 16, 16]}}
(golden / "timm-vit/config.json").write_text(json.dumps(config, indent=2) + "\n")
fewer = dict(TIMM, embed_dim=SIZE, num_heads=1, mlp_ratio=NEURONS / SIZE)
oracle("timm-vit", model, timm.create_model("vit_tiny_patch16_224", num_classes=3, **fewer), images, labels)
print(sys.version.split()[0], torch.__version__, transformers.__version__, timm.__version__, list(model.state_dict()), list(deit.state_dict())[:6])
