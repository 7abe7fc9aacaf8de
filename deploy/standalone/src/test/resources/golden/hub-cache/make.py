#!/usr/bin/env python3
"""Where huggingface_hub looks for its cache under variables of the environment, and which snapshot it takes for a revision.

    python make.py > expected.json

Made with huggingface_hub 1.33.0; 0.36.2 gives the same. Nothing is downloaded: the cache is made by hand, as the library lays it out.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

ENVIRONMENTS = [
    {},
    {"HF_HOME": "/big/hf"},
    {"HF_HOME": "~/hf"},
    {"HF_HOME": "$SCRATCH/hf", "SCRATCH": "/scratch"},
    {"HF_HOME": "${SCRATCH}/hf", "SCRATCH": "/scratch"},
    {"HF_HOME": "$NOWHERE/hf"},
    {"HF_HOME": "relative/hf"},
    {"HF_HOME": "/big/hf/"},
    {"HF_HUB_CACHE": "/big/hub"},
    {"HF_HUB_CACHE": "~/hub"},
    {"HF_HUB_CACHE": "/big/hub", "HF_HOME": "/big/hf"},
    {"HUGGINGFACE_HUB_CACHE": "/old/hub"},
    {"HUGGINGFACE_HUB_CACHE": "/old/hub", "HF_HUB_CACHE": "/big/hub"},
    {"HUGGINGFACE_HUB_CACHE": "~/old", "HF_HOME": "/big/hf"},
    {"XDG_CACHE_HOME": "/var/cache"},
    {"XDG_CACHE_HOME": "~/caches"},
    {"XDG_CACHE_HOME": "/var/cache", "HF_HOME": "/big/hf"},
    {"XDG_CACHE_HOME": "/var/cache", "HF_HUB_CACHE": "/big/hub"},
    {"TRANSFORMERS_CACHE": "/old/transformers"},
]
ASK = "import huggingface_hub.constants as c; print(c.HF_HUB_CACHE)"

# commits, and what branches and tags led to
COMMITS = {"a": "1f3c" + "0" * 36, "b": "1f3d" + "1" * 36, "c": "9abc" + "2" * 36}
REFERENCES = {"main": "a", "v1.0": "b", "refs/pr/7": "c", "feature/x": "c"}
ASKED = [None, "main", "v1.0", "refs/pr/7", "feature/x", COMMITS["a"], COMMITS["c"], "v2.0", "main2"]


def places():
    found = []
    for variables in ENVIRONMENTS:
        environment = {"HOME": "/home/ada", "PATH": os.environ["PATH"], **variables}
        said = subprocess.run([sys.executable, "-c", ASK], env=environment, check=True, capture_output=True, text=True)
        found.append({"environment": {"HOME": "/home/ada", **variables}, "cache": os.path.normpath(said.stdout.strip())})
    return found


def snapshots():
    import huggingface_hub
    import huggingface_hub.constants
    import huggingface_hub.errors

    cache = pathlib.Path(tempfile.mkdtemp())
    repository = cache / huggingface_hub.constants.REPO_ID_SEPARATOR.join(["models", "acme", "tiny"])
    for commit in COMMITS.values():
        (repository / "snapshots" / commit).mkdir(parents=True)
        (repository / "snapshots" / commit / "config.json").write_text("{}")
    for name, commit in REFERENCES.items():
        file = repository / "refs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(COMMITS[commit])
    found = []
    for revision in ASKED:
        try:
            place = huggingface_hub.snapshot_download("acme/tiny", revision=revision, cache_dir=cache, local_files_only=True)
            taken = pathlib.Path(place).relative_to(cache).as_posix()
        except huggingface_hub.errors.LocalEntryNotFoundError:
            taken = None
        found.append({"revision": revision, "snapshot": taken})
    references = {name: COMMITS[commit] for name, commit in REFERENCES.items()}
    return {"commits": list(COMMITS.values()), "references": references, "asked": found}


if __name__ == "__main__":
    print(json.dumps({"places": places(), "snapshots": snapshots()}, indent=1))
