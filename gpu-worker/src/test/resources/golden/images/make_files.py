"""Writes files/ and pixels.safetensors: PNG and JPEG files of every kind that Pillow opens, and what it makes of them.

python make_files.py     # Pillow 13.0.0, numpy, safetensors

Tensors are uint8, (row, column, channel): "rgb/NAME" is Image.open(NAME).convert("RGB"), "upright/NAME" the same after
ImageOps.exif_transpose, and "resize/IMAGE/FILTER/HxW" is Image.resize.
"""

import io
import pathlib
import shutil
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageCms, ImageOps
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
files = here / "files"
random = np.random.RandomState(20261129)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PASSES = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def scene(height, width):
    """A picture with smooth parts, edges and noise."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / width
    green = 255 * ((x // 5 + y // 3) % 2)
    blue = 128 + 100 * np.sin(x / 3.0) * np.cos(y / 4.0)
    noise = random.randint(-20, 21, (height, width, 3))
    return np.clip(np.stack([red, green, blue], 2) + noise, 0, 255).astype(np.uint8)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def pack(samples, depth):
    """Rows of samples, (row, column, sample), as bytes with filter 0."""
    rows = []
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            rows.append(b"\0" + row.astype(">u2").tobytes())
        elif depth == 8:
            rows.append(b"\0" + row.astype(np.uint8).tobytes())
        else:
            bits = np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
            rows.append(b"\0" + np.packbits(bits.reshape(-1)).tobytes())
    return b"".join(rows)


def png(samples, depth, colour, before=b"", interlaced=False, data=None, end=chunk(b"IEND", b"")):
    height, width = samples.shape[:2]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced)))
    if data is None:
        parts = [samples[r::dr, c::dc] for r, c, dr, dc in PASSES] if interlaced else [samples]
        data = zlib.compress(b"".join(pack(part, depth) for part in parts if part.size))
    cut = len(data) // 2
    return SIGNATURE + header + before + chunk(b"IDAT", data[:cut]) + chunk(b"IDAT", data[cut:]) + end


def exif(orientation, order="<"):
    mark = b"II" if order == "<" else b"MM"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(order + "HIH", 42, 8, 1) + entry + struct.pack(order + "I", 0)


def encoded(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def without(jpeg, *markers):
    """A JPEG without the segments of these markers."""
    out, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        length = 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        out += b"" if jpeg[at + 1] in markers else jpeg[at : at + length]
        at += length
    return out + jpeg[at:]


def frame_of(jpeg):
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    return at


def sampled(jpeg, factors):
    """A JPEG that claims other sampling factors of its first channel; it must have as many blocks."""
    patched = bytearray(jpeg)
    patched[frame_of(jpeg) + 11] = factors
    return bytes(patched)


def numbered(jpeg, ids):
    """A JPEG with other numbers of its channels."""
    patched = bytearray(jpeg)
    start = frame_of(jpeg)
    scan = jpeg.index(b"\xff\xda")
    for i, number in enumerate(ids):
        patched[start + 10 + 3 * i] = number
        patched[scan + 5 + 2 * i] = number
    return bytes(patched)


def segment(jpeg, marker, content):
    return jpeg[:2] + b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def transformed(jpeg, transform):
    """A JPEG whose Adobe marker names another transform."""
    patched = bytearray(jpeg)
    patched[jpeg.index(b"Adobe") + 11] = transform
    return bytes(patched)


def profile(space):
    """A colour profile without the time at which it was made."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes())
    made[24:36] = bytes(12)
    return bytes(made)


def pngs():
    rgb = scene(19, 26)
    grey = rgb[:, :, :1]
    alpha = random.randint(0, 256, grey.shape).astype(np.uint8)
    wide = random.randint(0, 65536, (19, 26, 4)).astype(np.uint16)
    wide[:, :, 0] = np.where(wide[:, :, 0] % 3 == 0, wide[:, :, 0] % 300, wide[:, :, 0])
    palette = chunk(b"PLTE", random.randint(0, 256, 3 * 200).astype(np.uint8).tobytes())
    clear = chunk(b"tRNS", random.randint(0, 256, 150).astype(np.uint8).tobytes())
    kinds = {
        "grey-1": (grey // 128, 1, 0, b""),
        "grey-2": (grey // 64, 2, 0, b""),
        "grey-4": (grey // 16, 4, 0, b""),
        "grey-8": (grey, 8, 0, b""),
        "grey-16": (wide[:, :, :1], 16, 0, b""),
        "grey-8-clear": (grey, 8, 0, chunk(b"tRNS", b"\0\x80")),
        "rgb-8": (rgb, 8, 2, b""),
        "rgb-8-clear": (rgb, 8, 2, chunk(b"tRNS", b"\0\1\0\2\0\3")),
        "rgb-16": (wide[:, :, :3], 16, 2, b""),
        "palette-1": (grey // 128, 1, 3, palette),
        "palette-2": (grey // 64, 2, 3, palette),
        "palette-4": (grey // 16, 4, 3, palette + clear),
        "palette-8": (grey, 8, 3, palette + clear),  # reaches beyond the 200 colours
        "grey-alpha-8": (np.concatenate([grey, alpha], 2), 8, 4, b""),
        "grey-alpha-16": (wide[:, :, :2], 16, 4, b""),
        "rgb-alpha-8": (np.concatenate([rgb, alpha], 2), 8, 6, b""),
        "rgb-alpha-16": (wide, 16, 6, b""),
    }
    for name, (samples, depth, colour, before) in kinds.items():
        yield name + ".png", png(samples, depth, colour, before)
        yield name + "-interlaced.png", png(samples, depth, colour, before, interlaced=True)
    yield "interlaced-2x3.png", png(rgb[:2, :3], 8, 2, interlaced=True)
    yield "one-pixel.png", png(rgb[:1, :1], 8, 2)
    yield "rgb-8-filters.png", encoded(Image.fromarray(scene(40, 50)), format="PNG", optimize=True)
    yield "rgb-alpha-8-filters.png", encoded(Image.fromarray(np.dstack([scene(40, 50)] * 2)[:, :, :4]), format="PNG")
    yield "rgb-8-gamma.png", png(rgb, 8, 2, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "rgb-8-icc.png", encoded(Image.fromarray(rgb), format="PNG", icc_profile=profile("sRGB"))
    yield "rgb-8-broken-icc.png", png(rgb, 8, 2, chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile")))
    yield "rgb-8-without-end.png", png(rgb, 8, 2, end=b"")
    yield "rgb-8-without-checksum.png", png(rgb, 8, 2, data=zlib.compress(pack(rgb, 8))[:-4])
    yield "rgb-8-few-rows.png", png(rgb, 8, 2, data=zlib.compress(pack(rgb[:7], 8)))
    yield "rgb-8-too-many-rows.png", png(rgb[:7], 8, 2, data=zlib.compress(pack(rgb, 8)))
    yield "exif-6.png", png(rgb, 8, 2, chunk(b"eXIf", exif(6, ">")))
    yield "exif-8-after.png", png(rgb, 8, 2, end=chunk(b"eXIf", exif(8)) + chunk(b"IEND", b""))
    xmp = b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation=\"5\"/>"
    yield "xmp-5.png", png(rgb, 8, 2, chunk(b"iTXt", xmp))


def jpegs():
    image = Image.fromarray(scene(37, 50))
    square = Image.fromarray(scene(32, 32))
    for sampling in ("4:4:4", "4:2:2", "4:2:0"):
        yield "rgb-%s.jpg" % sampling.replace(":", ""), encoded(image, format="JPEG", subsampling=sampling, quality=90)
    yield "progressive.jpg", encoded(image, format="JPEG", progressive=True, quality=80)
    yield "restarts.jpg", encoded(image, format="JPEG", restart_marker_blocks=2)
    yield "grey.jpg", encoded(image.convert("L"), format="JPEG")
    yield "grey-progressive.jpg", encoded(image.convert("L"), format="JPEG", progressive=True)
    yield "one-pixel.jpg", encoded(image.crop((0, 0, 1, 1)), format="JPEG")
    yield "two-columns-420.jpg", encoded(image.crop((0, 0, 2, 9)), format="JPEG", subsampling="4:2:0")
    half = encoded(square, format="JPEG", subsampling="4:2:2", quality=90)
    yield "rgb-440.jpg", sampled(half, 0x12)
    quarter = encoded(square, format="JPEG", subsampling="4:2:0", quality=90)
    yield "rgb-411.jpg", sampled(quarter, 0x41)
    yield "rgb-441.jpg", sampled(quarter, 0x14)
    stored = encoded(image, format="JPEG", keep_rgb=True, quality=90)
    yield "stored-rgb.jpg", stored
    yield "stored-rgb-without-adobe.jpg", without(stored, 0xEE)
    full = encoded(image, format="JPEG", subsampling="4:4:4", quality=90)
    bare = without(full, 0xE0)
    yield "without-jfif-444.jpg", bare
    yield "without-jfif-420.jpg", without(encoded(image, format="JPEG", subsampling="4:2:0"), 0xE0)
    yield "without-jfif-numbered-0.jpg", numbered(bare, (0, 1, 2))
    yield "adobe-ycbcr.jpg", segment(bare, 0xEE, b"Adobe\0\x64\0\0\0\0\x01")
    yield "adobe-rgb-but-jfif.jpg", segment(full, 0xEE, b"Adobe\0\x64\0\0\0\0\0")
    cmyk = encoded(image.convert("CMYK"), format="JPEG", quality=90)
    dark = np.dstack([255 - scene(37, 50), random.randint(0, 256, (37, 50, 1)).astype(np.uint8)])
    ink = encoded(Image.fromarray(dark, "CMYK"), format="JPEG", quality=95)
    for name, jpeg in (("cmyk", cmyk), ("cmyk-black", ink)):
        yield name + ".jpg", jpeg
        yield name + "-without-adobe.jpg", without(jpeg, 0xEE)
        yield name + "-ycck.jpg", transformed(jpeg, 2)
    plain = encoded(image, format="JPEG", quality=90)
    for orientation in range(1, 9):
        order = "<" if orientation % 2 else ">"
        yield "exif-%d.jpg" % orientation, segment(plain, 0xE1, b"Exif\0\0" + exif(orientation, order))
    yield "exif-0.jpg", segment(plain, 0xE1, b"Exif\0\0" + exif(0))
    yield "exif-9.jpg", segment(plain, 0xE1, b"Exif\0\0" + exif(9))
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x><tiff:Orientation>3</tiff:Orientation></x>"
    yield "xmp-3.jpg", segment(plain, 0xE1, xmp)
    yield "icc.jpg", encoded(image, format="JPEG", icc_profile=profile("LAB"))
    yield "broken-icc.jpg", segment(plain, 0xE2, b"ICC_PROFILE\0\1\1no profile")
    yield "comment.jpg", segment(plain, 0xFE, b"a comment with \xff\xd9 in it")
    yield "broken-jfif.jpg", segment(without(plain, 0xE0), 0xE0, b"JFIF\0\1\2")
    yield "trailing.jpg", plain + b"more bytes after the end"
    yield "early-end.jpg", plain[:-300] + b"\xff\xd9"
    yield "two-pictures.jpg", encoded(image, format="MPO", save_all=True, append_images=[square])
    yield "jpeg-named.png", plain
    yield "png-named.jpg", encoded(image, format="PNG")


shutil.rmtree(files, ignore_errors=True)
files.mkdir()
tensors = {}
for name, content in [*pngs(), *jpegs()]:
    (files / name).write_bytes(content)
    with Image.open(files / name) as opened:
        tensors["rgb/" + name] = np.asarray(opened.convert("RGB"))
    with Image.open(files / name) as opened:
        upright = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    if "exif" in name or "xmp" in name:
        tensors["upright/" + name] = upright
pictures = {
    "scene": scene(31, 44),
    "noise": random.randint(0, 256, (20, 20, 3)).astype(np.uint8),
    "edges": (255 * random.randint(0, 2, (16, 33, 3))).astype(np.uint8),
}
FILTERS = [getattr(Image.Resampling, name) for name in ("NEAREST", "BOX", "BILINEAR", "HAMMING", "BICUBIC", "LANCZOS")]
SIZES = [(31, 44), (10, 13), (7, 80), (64, 9), (16, 16), (1, 1), (45, 66), (31, 12), (12, 44)]
for picture, values in pictures.items():
    tensors["picture/" + picture] = values
    for filter in FILTERS:
        for height, width in SIZES:
            resized = Image.fromarray(values).resize((width, height), filter)
            tensors["resize/%s/%s/%dx%d" % (picture, filter.name.lower(), height, width)] = np.asarray(resized)
save_file({key: np.ascontiguousarray(value) for key, value in tensors.items()}, here / "pixels.safetensors")
(here / "pixels.safetensors").chmod(0o644)
print(len(list(files.iterdir())), "files;", sys.version.split()[0], PIL.__version__, np.__version__)
