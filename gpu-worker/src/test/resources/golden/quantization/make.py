"""Writes cases.json: weights and activations as compressed-tensors quantizes and packs them.

Run once with Python 3.11, torch 2.8.0, transformers 4.57.6 and compressed-tensors 0.12.2:

    python make.py

Weights of bfloat16 and float16 are quantized in float32 by a scale that is rounded to their type, which is what the worker does; the
library itself would divide in their type. Numbers of cases are drawn with a fixed seed.
"""

import json
import pathlib

import torch
from compressed_tensors.compressors.quantized_compressors.pack_quantized import pack_to_int32
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import dequantize, fake_quantize, quantize
from compressed_tensors.quantization.utils import calculate_qparams, compute_dynamic_scales_and_zp

here = pathlib.Path(__file__).resolve().parent
TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
FORMATS = {"int8": (8, "int"), "int8-weight-only": (8, "int"), "int4": (4, "int"), "fp8": (8, "float")}
PACKED = {"int8-weight-only", "int4"}


def weight_case(name, weight, format_, group, symmetric, dtype):
    bits, kind = FORMATS[format_]
    weight = weight.to(TYPES[dtype]).float()
    rows, inputs = weight.shape
    args = QuantizationArgs(
        num_bits=bits, type=kind, symmetric=symmetric, strategy="group" if group else "channel", group_size=group or None)
    blocks = weight.reshape(rows, -1, group or inputs)
    low, high = blocks.amin(-1), blocks.amax(-1)
    scale, zero = calculate_qparams(low, high, args)
    if dtype != "F32":
        scale = scale.to(TYPES[dtype]).float()
        if not symmetric:  # the zero point belongs to the scale that is stored
            low = torch.min(low, torch.zeros_like(low))
            half = 2 ** (bits - 1)
            zero = torch.round(torch.clamp(-half - low / scale, -half, half - 1)).to(torch.int8)
    zero = None if symmetric else zero
    stored = quantize(weight, scale, zero, args, dtype=args.pytorch_dtype())
    stands = dequantize(stored, scale, zero, args)
    case = dict(
        name=name, format=format_, group=group, symmetric=symmetric, dtype=dtype, shape=[rows, inputs],
        weight=weight.flatten().tolist(), scale=scale.flatten().tolist(), stands=stands.flatten().tolist())
    plain = stored.view(torch.int8) if kind == "float" else stored
    case["codes"] = plain.flatten().tolist()
    if zero is not None:
        case["zeros"] = zero.flatten().tolist()
    if format_ in PACKED:
        case["packed"] = pack_to_int32(stored, bits).flatten().tolist()
        if zero is not None:
            case["packedZeros"] = pack_to_int32(zero, bits, packed_dim=0).contiguous().flatten().tolist()
    return case


def weights():
    draw = torch.Generator().manual_seed(5)
    formula = torch.tensor([[((7 * r + 3 * c) % 11 - 5) / 4 for c in range(16)] for r in range(4)])
    drawn = torch.randn(9, 64, generator=draw) * 0.07
    drawn[3] = 0
    drawn[4] = drawn[4].abs() + 0.5
    drawn[5, :32] *= 1e-3
    cases = [weight_case("formula, groups of 8", formula, "int4", 8, True, "F32")]
    for dtype in TYPES:
        for format_ in FORMATS:
            for symmetric in [True] if format_ == "fp8" else [True, False]:
                group = 32 if format_ == "int4" else 0
                for name, weight in [("formula", formula), ("drawn", drawn)]:
                    if weight.shape[1] >= group:
                        cases.append(weight_case(name, weight, format_, group, symmetric, dtype))
    return cases


def activations():
    draw = torch.Generator().manual_seed(6)
    x = torch.randn(2, 5, 48, generator=draw) * torch.tensor([0.01, 1, 100, 1e-3, 30]).reshape(1, 5, 1)
    x[1, 1] = 0
    cases = []
    for format_ in ["int8", "fp8"]:
        bits, kind = FORMATS[format_]
        args = QuantizationArgs(num_bits=bits, type=kind, symmetric=True, strategy="token", dynamic=True)
        scale, zero = compute_dynamic_scales_and_zp(x, args, None)
        cases.append(dict(format=format_, shape=list(x.shape), x=x.flatten().tolist(), stands=fake_quantize(x, scale, zero, args).flatten().tolist()))
    return cases


def conversions():
    """float32 to E4M3 and to float16, ties and ends included."""
    draw = torch.Generator().manual_seed(7)
    every = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).float()
    finite = every[torch.isfinite(every)].sort().values
    between = (finite[1:] + finite[:-1]) / 2
    x = torch.cat([finite, between, between.nextafter(torch.tensor(500.0)), torch.randn(200, generator=draw) * 20])
    x = x.clamp(-448, 448)
    half = torch.cat([
        torch.randn(200, generator=draw), torch.randn(200, generator=draw) * 1e-6, torch.tensor([65504.0, 65519.0, 65520.0, 2.0**-24, 2.0**-25, 3 * 2.0**-25])])
    return dict(
        e4m3=dict(x=x.tolist(), codes=x.to(torch.float8_e4m3fn).view(torch.int8).tolist()),
        f16=dict(x=half.tolist(), rounded=[str(v) for v in half.half().float().tolist()]),
        bf16=dict(x=half.tolist(), rounded=[str(v) for v in half.bfloat16().float().tolist()]))


cases = dict(weights=weights(), activations=activations(), conversions=conversions())
(here / "cases.json").write_text(json.dumps(cases) + "\n")
