"""Prunes the zoo's ResNet-20 by ModelOpt's FastNAS, for the comparison in reconstruct.md.

    pip install torch==2.13.0 torchvision nvidia-modelopt==0.40.0 torchprofile==0.0.4 safetensors
    deploy/espalier zoo model cifar_resnet20 net
    deploy/espalier zoo data shapes
    python3 gpu-worker/docs/modelopt_fastnas.py net shapes [flops ...]

512 training images are the loader and, by their accuracy, the score, as for Espalier's map. For each
budget it prints the accuracy on the 2,000 test images as ModelOpt returns the model, and once more
after BatchNorm is calibrated on the same images; and the processor time of the whole search, which
measures the map once. One thread.
"""

import copy
import json
import sys
import tempfile
import time
from pathlib import Path

import modelopt.torch.prune as mtp
import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

IMAGES = 512
BATCH = 64
DIVISOR = 8
SEED = 1


class Block(nn.Module):
    def __init__(self, width_in, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride = stride
        self.more = width - width_in

    def forward(self, x):
        y = self.bn2(self.conv2(functional.relu(self.bn1(self.conv1(x)))))
        if self.more:
            x = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        return functional.relu(x + y)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        width_in = 16
        for stage, width in enumerate((16, 32, 64), 1):
            blocks = []
            for i in range(3):
                blocks.append(Block(width_in, width, 2 if width != width_in else 1))
                width_in = width
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = functional.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def images(file, config):
    rows = np.fromfile(file, dtype=np.uint8).reshape(-1, 3073)
    spec = config["pretrained_cfg"]
    mean = np.array(spec["mean"], np.float32).reshape(1, 3, 1, 1)
    std = np.array(spec["std"], np.float32).reshape(1, 3, 1, 1)
    pixels = rows[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255
    return torch.from_numpy((pixels - mean) / std), torch.from_numpy(rows[:, 0].astype(np.int64))


def search_space():
    config = mtp.fastnas.FastNASConfig().model_dump()
    for rules in config.values():
        for key in ("channel_divisor", "feature_divisor"):
            if key in rules["*"]:
                rules["*"][key] = DIVISOR
    return config


def accuracy(model, data):
    model.eval()
    right = 0
    with torch.no_grad():
        for at in range(0, len(data[0]), BATCH):
            right += (model(data[0][at : at + BATCH]).argmax(1) == data[1][at : at + BATCH]).sum().item()
    return right / len(data[0])


def calibrate(model, loader):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    model.train()
    with torch.no_grad():
        for batch in loader:
            model(batch[0])


def main():
    net, shapes = Path(sys.argv[1]), Path(sys.argv[2])
    budgets = sys.argv[3:] or ["80%", "60%"]
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    config = json.loads((net / "config.json").read_text())
    whole = ResNet20()
    whole.load_state_dict(load_file(net / "model.safetensors"))
    train, test = images(shapes / "data_batch_1.bin", config), images(shapes / "test_batch.bin", config)
    drawn = torch.randperm(len(train[0]), generator=torch.Generator().manual_seed(SEED))[:IMAGES]
    some = (train[0][drawn], train[1][drawn])
    loader = [(some[0][at : at + BATCH], some[1][at : at + BATCH]) for at in range(0, IMAGES, BATCH)]
    print(f"seed {SEED}; original {accuracy(whole, test):.4f}")
    with tempfile.TemporaryDirectory() as directory:
        for budget in budgets:
            begin = time.process_time()
            pruned, _ = mtp.prune(
                copy.deepcopy(whole),
                mode=[("fastnas", search_space())],
                constraints={"flops": budget},
                dummy_input=some[0][:1],
                config={
                    "data_loader": loader,
                    "score_func": lambda model: accuracy(model, some),
                    "checkpoint": str(Path(directory) / "map.pth"),
                },
            )
            seconds = time.process_time() - begin
            returned = accuracy(pruned, test)
            calibrate(pruned, loader)
            print(f"{budget}: as returned {returned:.4f}, calibrated again {accuracy(pruned, test):.4f}; {seconds:.1f} s of processor time", flush=True)


main()
