"""Artefacts on disk: where they lie, how one is found again by its hash, and the one error for everything that may be amiss.

An artefact is an `.npz` without pickles, named in `manifest.json` with its SHA-256. What is missing, cut short or altered is
refused; no part of an artefact is used before its hash was compared.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FOLDER: Final = Path(__file__).resolve().parent / "artefacts"
MANIFEST: Final = "manifest.json"
# Bytes; an artefact is some hundred kB. Whatever is larger was not written by the training.
_LARGEST: Final = 4_000_000


class ModelError(Exception):
    """An artefact that is missing, cut short, altered, or of another version; the sentence says which and how to get it back."""


def read_bytes(name: str, folder: Path) -> tuple[bytes, str]:
    """An artefact's bytes and the SHA-256 that the manifest promises for them; raises ModelError."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        path = folder / str(manifest[name]["file"])
        if path.parent != folder or path.stat().st_size > _LARGEST:
            raise ModelError(f"The artefact of '{name}' is not one of ours: {path.name}.")
        return path.read_bytes(), str(manifest[name]["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The artefact of '{name}' is missing or its manifest is broken ({type(error).__name__}).") from error


def opened(name: str, raw: bytes, digest: str, expected: Mapping[str, object]) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """What an artefact says of itself, and its arrays. Raises ModelError where the bytes are not what `digest` promises, or where
    one of the `expected` values is another."""
    found = hashlib.sha256(raw).hexdigest()
    if found != digest:
        raise ModelError(f"The artefact of '{name}' is not the one of the manifest (sha256 {found[:12]}, not {digest[:12]}): restore it.")
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
            about = json.loads(archive["about"].tobytes())
            for key, value in expected.items():
                if about.get(key) != value:
                    raise ModelError(f"The artefact of '{name}' was trained for another version ({key}): train it again.")
            return about, {key: archive[key] for key in archive.files if key != "about"}
    except ModelError:
        raise
    except Exception as error:
        # A hash that fits and content that does not is a fault of the training; whatever the library raises, it is no model.
        raise ModelError(f"The artefact of '{name}' cannot be read ({type(error).__name__}): train it again.") from error


def pack(arrays: Mapping[str, npt.NDArray[Any]], about: Mapping[str, object]) -> bytes:
    """An artefact's bytes: the same for the same content, since the archive's dates are fixed by numpy."""
    meta = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, about=meta, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the mapping for a flag
    return file.getvalue()


def write(name: str, raw: bytes, version: str, folder: Path) -> str:
    """Put an artefact and its line of the manifest into a folder; its SHA-256."""
    digest = hashlib.sha256(raw).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.npz").write_bytes(raw)
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    manifest[name] = {"file": f"{name}.npz", "sha256": digest, "version": version}
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return digest
