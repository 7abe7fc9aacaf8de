#!/usr/bin/env python3
"""Angles of rotary positions as transformers computes them.

    python make_rotary.py MODELING_ROPE_UTILS.PY OUT.JSON

Runs the functions of transformers 4.57.6 themselves, with NumPy's float32 in the place of torch's. Heads have 16 channels, the config says
64 positions.
"""

import json
import sys
import types

import numpy as np

class A(np.ndarray):
    def to(self, device=None, dtype=None): return self if dtype is None else self.astype(dtype).view(A)
    def float(self): return self.astype(np.float32).view(A)
def wrap(x): return np.asarray(x).view(A)
torch = types.ModuleType("torch")
torch.int64, torch.float, torch.float32 = np.int64, np.float32, np.float32
torch.Tensor = A
torch.arange = lambda *a, dtype=np.int64, device=None: wrap(np.arange(*a, dtype=dtype))
torch.tensor = lambda x, dtype=None, device=None: wrap(np.array(x, dtype=dtype))
torch.clamp = lambda x, a, b: wrap(np.clip(x, np.float32(a), np.float32(b)))
torch.where = lambda c, a, b: wrap(np.where(c, a, b))
torch.maximum = np.maximum
src = open(sys.argv[1]).read()
src = src.replace("from .configuration_utils import PretrainedConfig", "PretrainedConfig = object")
src = src.replace("from .utils import is_torch_available, logging", "").replace("logger = logging.get_logger(__name__)", "").replace("if is_torch_available():\n    import torch", "")
g = {"torch": torch, "__name__": "rope"}
# NEP 50: Python floats times float32 arrays stay float32, as in torch
exec(compile(src, "rope", "exec"), g)
def run(config, seq):
    c = types.SimpleNamespace(**config)
    c.rope_scaling = config.get("rope_scaling")
    kind = (c.rope_scaling or {}).get("rope_type", "default")
    inv, factor = g["ROPE_INIT_FUNCTIONS"][kind](c, None, seq_len=seq)
    assert inv.dtype == np.float32, inv.dtype
    return [float(v) for v in inv], float(factor)
CASES = {
 "default": (dict(rope_theta=10000.0), None),
 "linear": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="linear", factor=2.5)), None),
 "dynamic-within": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="dynamic", factor=4.0)), 50),
 "dynamic-at": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="dynamic", factor=4.0)), 64),
 "dynamic-beyond": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="dynamic", factor=4.0)), 150),
 "llama3": (dict(rope_theta=500.0, rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)), None),
 "yarn": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)), None),
 "yarn-length-of-config": (dict(rope_theta=1000000.0, rope_scaling=dict(rope_type="yarn", factor=4.0)), None),
 "yarn-attention-factor": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="yarn", factor=4.0, attention_factor=0.75, beta_fast=8.0, beta_slow=2.0, original_max_position_embeddings=1024)), None),
 "yarn-mscale": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="yarn", factor=40.0, mscale=0.7, mscale_all_dim=1.3, original_max_position_embeddings=512)), None),
 "yarn-untruncated": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="yarn", factor=16.0, truncate=False, original_max_position_embeddings=2048)), None),
 "longrope-within": (dict(rope_theta=10000.0, original_max_position_embeddings=32, rope_scaling=dict(rope_type="longrope", short_factor=[1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7], long_factor=[1.0,1.5,2.0,3.0,4.5,6.0,8.0,9.5])), 32),
 "longrope-beyond": (dict(rope_theta=10000.0, original_max_position_embeddings=32, rope_scaling=dict(rope_type="longrope", short_factor=[1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7], long_factor=[1.0,1.5,2.0,3.0,4.5,6.0,8.0,9.5])), 33),
 "longrope-factor": (dict(rope_theta=10000.0, rope_scaling=dict(rope_type="longrope", factor=8.0, short_factor=[1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7], long_factor=[1.0,1.5,2.0,3.0,4.5,6.0,8.0,9.5])), 20),
}
BASE = dict(head_dim=16, hidden_size=64, num_attention_heads=4, max_position_embeddings=64)
out = {}
for name, (config, seq) in CASES.items():
    inv, factor = run({**BASE, **config}, seq)
    out[name] = dict(config=config, tokens=seq or 20, frequencies=inv, amplitude=factor)
json.dump(out, open(sys.argv[2], "w"), indent=1)
