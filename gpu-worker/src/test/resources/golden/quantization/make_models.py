"""Writes models.safetensors: what quantized models of golden/ say, by transformers and compressed-tensors.

Run once with Python 3.11, torch 2.8.0, transformers 4.57.6 and compressed-tensors 0.12.2:

    python make_models.py

Weights of the layers' linear modules are replaced by what compressed-tensors makes of them, and what comes into these modules by what it
makes of that. Each tensor is named by model, format, group (0 for one scale an output) and symmetry. Formats with activations are left
out for mixtures of experts: the library takes one scale for all tokens of an expert, since these have no axis for the batch.
"""

import json
import pathlib
import re

import torch
import transformers
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import dequantize, fake_quantize, quantize
from compressed_tensors.quantization.utils import calculate_qparams, compute_dynamic_scales_and_zp
from safetensors.torch import load_file, save_file

here = pathlib.Path(__file__).resolve().parent
FORMATS = {"int8": (8, "int", True), "int8-weight-only": (8, "int", False), "int4": (4, "int", False), "fp8": (8, "float", True)}
INSIDE = re.compile(r"(encoder\.layer|model\.layers)\.\d+\.(?!.*(\.gate|shared_expert_gate)$)")
CASES = [
    ("bert-qa", "int8", 0, True), ("bert-qa", "int8", 0, False), ("bert-qa", "int8-weight-only", 0, True), ("bert-qa", "int4", 32, True),
    ("bert-qa", "int4", 32, False), ("bert-qa", "fp8", 0, True),
    ("llama", "int8", 0, True), ("llama", "int8-weight-only", 0, False), ("llama", "fp8", 0, True),
    ("llama", "int4", 16, False), ("qwen2-moe", "int8-weight-only", 0, True),
]


def weight(value, bits, kind, group, symmetric):
    args = QuantizationArgs(
        num_bits=bits, type=kind, symmetric=symmetric, strategy="group" if group else "channel", group_size=group or None)
    blocks = value.reshape(value.shape[0], -1, group or value.shape[1])
    scale, zero = calculate_qparams(blocks.amin(-1), blocks.amax(-1), args)
    zero = None if symmetric else zero
    return dequantize(quantize(value, scale, zero, args, dtype=args.pytorch_dtype()), scale, zero, args)


def reader(bits, kind):
    args = QuantizationArgs(num_bits=bits, type=kind, symmetric=True, strategy="token", dynamic=True)

    def read(module, inputs):
        scale, zero = compute_dynamic_scales_and_zp(inputs[0], args, module)
        return (fake_quantize(inputs[0], scale, zero, args),)

    return read


def said(name, format_, group, symmetric):
    directory = here.parent / name
    architecture = json.loads((directory / "config.json").read_text())["architectures"][0]
    model = getattr(transformers, architecture).from_pretrained(directory, dtype=torch.float32).eval()
    bits, kind, activations = FORMATS[format_]
    count = 0
    for module_name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and INSIDE.search(module_name):
            module.weight.data = weight(module.weight.data, bits, kind, group, symmetric)
            if activations:
                module.register_forward_pre_hook(reader(bits, kind))
            count += 1
    inputs = load_file(directory / "inputs.safetensors")
    taken = {key: value for key, value in inputs.items() if key in ("input_ids", "attention_mask", "token_type_ids")}
    with torch.no_grad():
        output = model(**taken)
    print(name, format_, group, symmetric, count, "layers")
    logits = output.logits if hasattr(output, "logits") else torch.stack([output.start_logits, output.end_logits], -1)
    return logits.contiguous()


save_file({" ".join(map(str, case)): said(*case) for case in CASES}, here / "models.safetensors")
