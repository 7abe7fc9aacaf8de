"""Writes scenes/, cases.json and prepared.safetensors: images as timm and transformers hand them to a model; and
orders.json: directories of classes in the orders of torchvision and timm.

python make_prepared.py timm            # timm 1.0.31, torch 2.9.1, torchvision 0.24.1, Pillow 13.0.0
python make_prepared.py transformers    # transformers 5.24.0, after the first; adds to the same files

Tensors are float32, (image, channel, row, column), one per case; images in the order of their names.
"""

import io
import json
import pathlib
import struct
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file

here = pathlib.Path(__file__).parent
scenes = here / "scenes"


def scene(height, width, random):
    y, x = np.mgrid[0:height, 0:width]
    colours = [255 * x / width, 255 * ((x // 5 + y // 3) % 2), 128 + 100 * np.sin(x / 3.0) * np.cos(y / 4.0)]
    noise = random.randint(-20, 21, (height, width, 3))
    return Image.fromarray(np.clip(np.stack(colours, 2) + noise, 0, 255).astype(np.uint8))


def write_scenes():
    random = np.random.RandomState(20261130)
    scenes.mkdir(exist_ok=True)
    for name, height, width in (("wide", 41, 67), ("tall", 75, 38), ("square", 50, 50), ("tiny", 15, 20)):
        scene(height, width, random).save(scenes / (name + ".png"))
    out = io.BytesIO()
    scene(45, 63, random).save(out, "JPEG", quality=92)
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0II" + struct.pack("<HIH", 42, 8, 1) + entry + struct.pack("<I", 0)
    content = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (scenes / "turned.jpg").write_bytes(out.getvalue()[:2] + content + out.getvalue()[2:])


MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def timm_cases():
    base = {"architecture": "resnet18", "num_classes": 10}
    for name, settings in {
        "usual": {},
        "sizes-only": {"input_size": [3, 24, 24]},
        "center-bilinear": {"crop_pct": 0.9, "interpolation": "bilinear"},
        "center-full": {"crop_pct": 1.0, "interpolation": "bicubic"},
        "center-uneven": {"input_size": [3, 28, 17], "crop_pct": 0.95, "interpolation": "bicubic"},
        "center-odd": {"input_size": [3, 23, 23], "crop_pct": 0.8, "interpolation": "lanczos"},
        "squash": {"crop_pct": 0.9, "crop_mode": "squash", "interpolation": "bicubic"},
        "squash-uneven": {"input_size": [3, 16, 30], "crop_pct": 1.0, "crop_mode": "squash", "interpolation": "box"},
        "border": {"crop_pct": 0.9, "crop_mode": "border", "interpolation": "bicubic"},
        "border-full": {"crop_pct": 1.0, "crop_mode": "border", "interpolation": "hamming", "mean": [0.5, 0.4, 0.1]},
        "nearest": {"crop_pct": 0.7, "interpolation": "nearest"},
        "normalised": {"crop_pct": 1.0, "interpolation": "bilinear", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.25, 1.0]},
    }.items():
        yield "timm-" + name, {**base, "pretrained_cfg": {"input_size": [3, 24, 24], **settings}}, None
    flat = {"input_size": [3, 24, 24], "crop_pct": 0.85, "interpolation": "bicubic", "mean": MEAN, "std": STD}
    yield "timm-flat", {**base, **flat}, None
    yield "timm-with-preprocessor", {**base, "pretrained_cfg": flat}, {"size": 40, "do_normalize": False}


def timm_pixels(config):
    from timm.data import create_transform, resolve_data_config

    settings = resolve_data_config(pretrained_cfg=config.get("pretrained_cfg", config))
    transform = create_transform(**settings, is_training=False)
    return [transform(Image.open(path).convert("RGB")) for path in sorted(scenes.iterdir())]


def transformers_cases():
    base = {"model_type": "resnet", "architectures": ["ResNetForImageClassification"], "num_labels": 10}
    said = {"image_mean": MEAN, "image_std": STD, "resample": 3}
    for name, settings in {
        "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 24}, "crop_pct": 0.875, **said},
        "convnext-old": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 24, "crop_pct": 0.8, "do_resize": True, **said},
        "no-type": {"size": {"shortest_edge": 24}, **said},
        "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 24, "width": 24}, **said, "resample": 2},
        "vit-old": {"feature_extractor_type": "ViTFeatureExtractor", "size": 24, "resample": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3},
        "vit-uneven": {"image_processor_type": "ViTImageProcessorFast", "size": {"height": 20, "width": 33}, **said},
        "vit-cropped": {"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 30}, "do_center_crop": True, "crop_size": {"height": 24, "width": 24}, **said},
        "bit": {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 27}, "crop_size": {"height": 24, "width": 24}, **said},
        "clip": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 24}, "crop_size": 24, **said},
        "clip-defaults-of-colours": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 24}, "crop_size": 24, "resample": 3},
        "deit": {"image_processor_type": "DeiTImageProcessor", "size": {"height": 29, "width": 29}, "crop_size": {"height": 24, "width": 24}, **said},
        "mobilenet": {"image_processor_type": "MobileNetV2ImageProcessor", "size": {"shortest_edge": 32}, "crop_size": {"height": 24, "width": 24}, "resample": 2},
        "mobilevit": {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 28}, "crop_size": {"height": 24, "width": 24}, "resample": 3, "do_flip_channel_order": True},
        "not-normalised": {"image_processor_type": "ViTImageProcessor", "size": {"height": 24, "width": 24}, "resample": 2, "do_normalize": False},
        "not-rescaled": {"image_processor_type": "ViTImageProcessor", "size": {"height": 24, "width": 24}, "resample": 2, "do_rescale": False, "image_mean": [120.0, 110.0, 100.0], "image_std": [60.0, 61.0, 62.0]},
        "rescaled-otherwise": {"image_processor_type": "ViTImageProcessor", "size": {"height": 24, "width": 24}, "resample": 2, "rescale_factor": 1 / 127.5, "image_mean": [1.0] * 3, "image_std": [1.0] * 3},
        "cropped-only": {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_center_crop": True, "crop_size": {"height": 25, "width": 24}, **said},
    }.items():
        yield "transformers-" + name, base, settings


def transformers_pixels(settings):
    import tempfile

    from transformers import AutoImageProcessor
    from transformers.image_utils import load_image

    with tempfile.TemporaryDirectory() as directory:
        pathlib.Path(directory, "config.json").write_text(json.dumps({"model_type": "resnet"}))
        pathlib.Path(directory, "preprocessor_config.json").write_text(json.dumps(settings))
        processor = AutoImageProcessor.from_pretrained(directory)
    paths = sorted(scenes.iterdir())
    return [processor(load_image(str(path)), return_tensors="pt")["pixel_values"][0] for path in paths]


FOLDERS = ["0", "1", "2", "9", "10", "11", "008", "7", "a1", "a03", "a10", "a2", "A4", "b", "C", "Zebra", "ant", "x1y2", "x1y10", "1a", "a", "_b", "é", "\uff21", "\U0001f600"]


def write_orders():
    """As torchvision's find_classes and timm's find_images_and_targets number them."""
    import tempfile

    from timm.data.readers.reader_image_folder import find_images_and_targets
    from torchvision.datasets.folder import find_classes

    with tempfile.TemporaryDirectory() as directory:
        for folder in FOLDERS:
            pathlib.Path(directory, folder).mkdir()
            pathlib.Path(directory, folder, "x.png").touch()
        timm = find_images_and_targets(directory)[1]
        orders = {"torchvision": find_classes(directory)[0], "timm": sorted(timm, key=timm.get)}
    (here / "orders.json").write_text(json.dumps(orders, indent=1) + "\n")


first = sys.argv[1] == "timm"
if first:
    write_scenes()
    write_orders()
cases = {} if first else json.loads((here / "cases.json").read_text())
tensors = {} if first else load_file(here / "prepared.safetensors")
for name, config, preprocessor in timm_cases() if first else transformers_cases():
    pixels = timm_pixels(config) if first else transformers_pixels(preprocessor)
    cases[name] = {"config": config, "preprocessor": preprocessor}
    tensors[name] = torch.stack(pixels).float().numpy()
(here / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
save_file(tensors, here / "prepared.safetensors")
(here / "prepared.safetensors").chmod(0o644)
print(len(cases), "cases", {name: tensor.shape[1:] for name, tensor in tensors.items()})
