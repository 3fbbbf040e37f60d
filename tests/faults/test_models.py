"""Artefacts that are missing, cut, altered or of another version: named before a comment needs them, and every comment is held."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from pathlib import Path

import httpx
import numpy as np

from comments.states import Status
from moderation.classifiers import model
from moderation.models import Decision, Finding
from tests.factories import make_article
from tests.faults.conftest import Post, check_invariants, decided
from tests.processes import ROOT, Stack, wait_for

FOLDER = model.FOLDER.relative_to(ROOT)


def damaged_copy(place: Path) -> Path:
    """The source with each artefact damaged in its own way."""
    for name in ("newsroom", "comments", "moderation", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__", "locale"))
    shutil.copy(ROOT / "pyproject.toml", place)
    folder = place / FOLDER
    manifest = json.loads((folder / model.MANIFEST).read_text())
    (folder / manifest["gambling"]["file"]).unlink()
    cut = folder / manifest["promotion"]["file"]
    cut.write_bytes(cut.read_bytes()[:-100])
    altered = folder / manifest["abuse_id"]["file"]
    raw = bytearray(altered.read_bytes())
    raw[len(raw) // 2] ^= 1
    altered.write_bytes(raw)
    other = folder / manifest["abuse_en"]["file"]
    with np.load(io.BytesIO(other.read_bytes()), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "about"}
        about = json.loads(archive["about"].tobytes())
    other.write_bytes(model.pack(arrays, {**about, "features": "0"}))
    manifest["abuse_en"]["sha256"] = hashlib.sha256(other.read_bytes()).hexdigest()
    (folder / model.MANIFEST).write_text(json.dumps(manifest))
    return place


def test_damaged_models_are_named_at_once_and_hold_what_comes(fragile: Stack, post: Post, run_dir: Path) -> None:
    assert fragile.web is not None
    fragile.web.stop()
    fragile.root = damaged_copy(run_dir / "source")
    fragile.start_web()
    fragile.start_worker().wait_until_ready()
    heads = {"gambling", "promotion", "abuse_id", "abuse_en"}

    def named() -> bool:
        found = httpx.get(f"{fragile.url}/readyz", timeout=60).json()
        problems = found.get("worker", {}).get("problems", {})
        return set(found.get("models", {}).get("unusable", {})) == heads and {f"model {head}" for head in heads} <= set(problems)

    wait_for(named, 120, every=0.3)
    assert httpx.get(f"{fragile.url}/readyz", timeout=60).json()["status"] != "ready"
    assert not Finding.objects.exists()
    comment = post(make_article(), "Jembatan itu sudah lama ditunggu warga.")
    decided(comment)
    assert (comment.status, Decision.objects.get().reason) == (Status.HELD, "check_failed")
    said = dict(Finding.objects.filter(comment=comment).values_list("check_name", "label"))
    assert {name for name, label in said.items() if label == "error"} == {"gambling", "promotion", "abuse"}
    check_invariants([comment])
