"""Writes scores/minitron-vit and scores/minitron-timm-vit: what Minitron hears of vit and timm-vit, and real smaller models.

python make.py     # transformers 4.57.6, timm 1.0.31

With x what a unit says of the five images, a = sqrt(sum over images (mean over tokens |x|)^2). `layer.i.neurons` is a of what the second dense layer
reads, `layer.i.heads` the length of the a of a head's channels, `layer.i.hidden` the sum of a over both normalisations of the layer,
`layer.i.distance` 1 - the mean cosine of what enters and leaves. `reader.layer.i.neurons` and `reader.layer.i.heads` are the lengths of the
weights that read them. By these a smaller model keeps two heads, 24 neurons and 12 channels, and by the distance one layer:
`kept.hidden`, `kept.layer.i.heads`, `kept.layer.i.neurons`, `kept.layers`. `narrow.logits` is what such a model with both layers says, built by the
library, `short.logits` one with the one layer, all else whole, `last.logits` one with the last layer, `both.logits` with all of it.
"""

import pathlib

import timm
import torch
from safetensors.torch import load_file, save_file
from transformers import ViTConfig, ViTForImageClassification

golden = pathlib.Path(__file__).resolve().parent.parent.parent
HEADS, SIZE, HIDDEN, NEURONS, LAYERS = 4, 6, 24, 40, 2
FEWER_HEADS, FEWER_NEURONS = 2, 24


def network(library, hidden, heads, neurons, layers):
    if library == "timm":
        return timm.create_model(
            "vit_tiny_patch16_224", num_classes=3, img_size=16, patch_size=4, embed_dim=hidden, depth=layers, num_heads=heads,
            mlp_ratio=neurons / hidden).eval()
    return ViTForImageClassification(ViTConfig(
        hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=neurons, image_size=16, patch_size=4,
        num_labels=3, attn_implementation="eager")).eval()


def places(model):
    """Per layer: itself, what reads heads and neurons, the normalisations."""
    if hasattr(model, "blocks"):
        return [(block, block.attn.proj, block.mlp.fc2, (block.norm1, block.norm2)) for block in model.blocks]
    return [
        (layer, layer.attention.output.dense, layer.output.dense, (layer.layernorm_before, layer.layernorm_after))
        for layer in model.vit.encoder.layer]


def score(x):
    return x.double().abs().mean(1).square().sum(0).sqrt()


def lengths(x, size):
    return x.reshape(-1, size).square().sum(1).sqrt()


def first(value):
    return value[0] if isinstance(value, tuple) else value


def say(model, images):
    with torch.no_grad():
        out = model(images)
    return out if isinstance(out, torch.Tensor) else out.logits


def heard(model, images):
    seen, hooks = {}, []
    for i, (layer, attended, outer, norms) in enumerate(places(model)):
        hooks.append(attended.register_forward_pre_hook(lambda m, x, i=i: seen.update({f"layer.{i}.heads": lengths(score(x[0]), SIZE)})))
        hooks.append(outer.register_forward_pre_hook(lambda m, x, i=i: seen.update({f"layer.{i}.neurons": score(x[0])})))
        for norm in norms:
            hooks.append(norm.register_forward_hook(
                lambda m, x, y, i=i: seen.update({f"layer.{i}.hidden": seen.get(f"layer.{i}.hidden", 0) + score(y)})))
        hooks.append(layer.register_forward_hook(lambda m, x, y, i=i: seen.update(
            {f"layer.{i}.distance": 1 - torch.cosine_similarity(first(x).double(), first(y).double(), -1).mean()})))
        seen[f"reader.layer.{i}.heads"] = lengths(attended.weight.detach().double().square().sum(0).sqrt(), SIZE)
        seen[f"reader.layer.{i}.neurons"] = outer.weight.detach().double().square().sum(0).sqrt()
    say(model, images)
    for hook in hooks:
        hook.remove()
    return seen


def best(scores, count):
    return torch.tensor(sorted(scores.argsort(descending=True)[:count].tolist()))


def choose(seen):
    kept = {"kept.hidden": best(sum(seen[f"layer.{i}.hidden"] for i in range(LAYERS)), FEWER_HEADS * SIZE)}
    for i in range(LAYERS):
        for kind, count in (("heads", FEWER_HEADS), ("neurons", FEWER_NEURONS)):
            kept[f"kept.layer.{i}.{kind}"] = best(seen[f"layer.{i}.{kind}"] * seen[f"reader.layer.{i}.{kind}"], count)
    kept["kept.layers"] = best(torch.stack([seen[f"layer.{i}.distance"] for i in range(LAYERS)]), 1)
    return kept


def rows(heads):
    return torch.cat([torch.arange(int(head) * SIZE, (int(head) + 1) * SIZE) for head in heads])


def cut(name, value, layer, kept):
    """One tensor of a layer, or of none, without what goes."""
    hidden = kept["kept.hidden"]
    if layer is not None:
        heads, neurons = rows(kept[f"kept.layer.{layer}.heads"]), kept[f"kept.layer.{layer}.neurons"]
        if "attn.qkv" in name:
            value = torch.cat([value[part * HEADS * SIZE + heads] for part in range(3)])
            return value[:, hidden] if value.dim() == 2 else value
        if any(part in name for part in ("query", "key", "value")):
            return value[heads][:, hidden] if value.dim() == 2 else value[heads]
        if name.endswith(("attn.proj.weight", "attention.output.dense.weight")):
            return value[hidden][:, heads]
        if any(part in name for part in ("mlp.fc1", "intermediate.dense")):
            return value[neurons][:, hidden] if value.dim() == 2 else value[neurons]
        if name.endswith("mlp.fc2.weight") or (name.endswith(".output.dense.weight") and "attention" not in name):
            return value[hidden][:, neurons]
        return value[hidden]
    if name.endswith(("head.weight", "classifier.weight")):
        return value[:, hidden]
    if name.endswith(("head.bias", "classifier.bias")):
        return value
    return value[hidden] if "patch" in name else value[..., hidden]


def smaller(library, model, kept, narrow, layers):
    prefix = "blocks." if library == "timm" else "vit.encoder.layer."
    tensors = {}
    for name, value in model.state_dict().items():
        layer, own = None, name
        if name.startswith(prefix):
            layer = int(name[len(prefix):].split(".")[0])
            if layer not in layers:
                continue
            own = f"{prefix}{layers.index(layer)}{name[len(prefix) + len(str(layer)):]}"
        tensors[own] = cut(name, value, layer, kept) if narrow else value
    made = (network(library, FEWER_HEADS * SIZE, FEWER_HEADS, FEWER_NEURONS, len(layers)) if narrow
            else network(library, HIDDEN, HEADS, NEURONS, len(layers)))
    made.load_state_dict(tensors)
    return made


def original(name, library):
    if library == "timm":
        model = network(library, HIDDEN, HEADS, NEURONS, LAYERS)
        model.load_state_dict(load_file(golden / name / "model.safetensors"))
        return model
    return ViTForImageClassification.from_pretrained(golden / name, attn_implementation="eager").eval()


def main():
    for name, library in (("vit", "transformers"), ("timm-vit", "timm")):
        images = load_file(golden / name / "inputs.safetensors")["pixel_values"]
        model = original(name, library)
        seen = heard(model, images)
        kept = choose(seen)
        one, all_layers = [int(kept["kept.layers"])], list(range(LAYERS))
        said = {
            "narrow.logits": say(smaller(library, model, kept, True, all_layers), images),
            "short.logits": say(smaller(library, model, kept, False, one), images),
            "last.logits": say(smaller(library, model, kept, False, all_layers[1:]), images),
            "both.logits": say(smaller(library, model, kept, True, one), images)}
        numbers = {key: value.reshape(-1) if value.dim() == 0 else value for key, value in (seen | kept).items()}
        save_file({key: value.contiguous() for key, value in (numbers | said).items()}, golden / f"scores/minitron-{name}/scores.safetensors")
        print(name, kept, {key: value.shape for key, value in numbers.items()})


if __name__ == "__main__":
    main()
