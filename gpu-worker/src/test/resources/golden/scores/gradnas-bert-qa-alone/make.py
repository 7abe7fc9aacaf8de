"""Writes scores.safetensors and losses.json: GradNAS scores of bert-qa, and losses of the models that answer questions, where
each sequence is read alone.

Transformers takes padding for a possible place of the answer, so that what it says of a batch depends on how long the other
sequences are. Here the model reads one sequence after another, without padding; losses and gradients of a batch are the means
of those. All else is as in ../gradnas-bert-qa, with the same batches. Needs torch and transformers 4.57.6; run in this directory.
"""
import json

import torch
from safetensors.torch import load_file, save_file
from transformers import BertForQuestionAnswering, DistilBertForQuestionAnswering

KEYS = ("input_ids", "attention_mask", "token_type_ids", "start_positions", "end_positions")


def rows(tensors, prefix=""):
    """The sequences of a batch without their padding."""
    batch = {key: tensors[prefix + key] for key in KEYS if prefix + key in tensors}
    for i in range(len(batch["input_ids"])):
        length = int(batch["attention_mask"][i].sum())
        yield {key: value[i : i + 1, :length] if value.dim() == 2 else value[i : i + 1] for key, value in batch.items()}


def alone(model, tensors, prefix=""):
    return torch.stack([model(**row).loss for row in rows(tensors, prefix)]).mean()


losses = {}
for name, kind in (("bert-qa", BertForQuestionAnswering), ("distilbert-qa", DistilBertForQuestionAnswering)):
    model = kind.from_pretrained(f"../../{name}", attn_implementation="eager").eval()
    with torch.no_grad():
        losses[name] = alone(model, load_file(f"../../{name}/inputs.safetensors")).item()
with open("losses.json", "w") as out:
    json.dump(losses, out)
    out.write("\n")

model = BertForQuestionAnswering.from_pretrained("../../bert-qa", attn_implementation="eager").eval()
inputs = load_file("inputs.safetensors")
layers = model.bert.encoder.layer
heads = [torch.ones(model.config.num_attention_heads, requires_grad=True) for _ in layers]
neurons = [torch.ones(layer.intermediate.dense.weight.shape[0], requires_grad=True) for layer in layers]


def scaled(mask):
    def hook(module, arguments):
        context = arguments[0]
        size = context.shape[-1] // len(mask)
        return (context * mask.repeat_interleave(size), *arguments[1:])

    return hook


for layer, head, neuron in zip(layers, heads, neurons):
    layer.attention.output.dense.register_forward_pre_hook(scaled(head))
    layer.intermediate.dense.register_forward_hook(lambda module, arguments, output, mask=neuron: output * mask)

scores = {"losses": []}
for k in range(3):
    loss = alone(model, inputs, f"batch.{k}.")
    gradients = torch.autograd.grad(loss, heads + neurons)
    scores["losses"].append(loss.detach())
    for i in range(len(layers)):
        for axis, gradient in (("heads", gradients[i]), ("neurons", gradients[len(layers) + i])):
            scores[f"batch.{k}.layer.{i}.{axis}.gradient"] = gradient.contiguous()
            key = f"layer.{i}.{axis}"
            scores[key] = scores.get(key, torch.zeros_like(gradient)) + gradient**2
scores["losses"] = torch.stack(scores["losses"])
save_file(scores, "scores.safetensors")
