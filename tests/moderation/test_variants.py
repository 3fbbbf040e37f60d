"""Versions of the text models: one in force and one in shadow at a place, moved by compare-and-set, each move written down."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, transaction

from comments.states import Status
from moderation import variants
from moderation.api_keys import make_key
from moderation.classifiers import correction, model
from moderation.classifiers.model import Model, ModelError
from moderation.health import broken_variants, usable_models
from moderation.models import Decision, Finding, Variant, VariantEvent
from moderation.scoring import HEADS
from moderation.screening import screen
from newsroom.models import Publication
from tests.factories import make_comment, make_publication, make_user
from tests.moderation.classifiers.test_correction import BRAND, CLEAN, FRAMES, NEW, examples
from tests.moderation.learning import place_of
from tests.programs import Program

pytestmark = pytest.mark.django_db
HEAD = "gambling"


def made(publication: Publication, number: int = 1, count: int = 10) -> Variant:
    """A correction in shadow that knows a new name."""
    base = model.get(HEAD)
    content, sha256 = correction.pack(base, number, correction.fit(base, examples(base, FRAMES[:count])))
    return variants.store(Variant.Kind.CORRECTION, HEAD, publication, content, sha256, base.hash, number=number)


def score_at(publication: Publication, text: str = NEW) -> float:
    used = variants.now(publication.pk).models.get(HEAD, model.get(HEAD))
    assert isinstance(used, Model)
    return used.score(model.analyse(text)).probability


@pytest.fixture
def publication() -> Publication:
    return make_publication()


@pytest.fixture
def sari() -> User:
    return make_user("sari")


def states() -> list[tuple[int, str]]:
    return list(Variant.objects.order_by("id").values_list("number", "state"))


def test_one_is_in_force_and_one_in_shadow_and_a_click_goes_back_to_the_former_one(publication: Publication, sari: User) -> None:
    own = score_at(publication)
    first = made(publication, 1, 4)
    variants.promote(first, sari, "pertama")
    with_first = score_at(publication)
    second = made(publication, 2)
    assert states() == [(1, "live"), (2, "shadow")]
    assert score_at(publication) == with_first
    event = variants.promote(second, sari, "kedua")
    assert event.replaced == first
    assert states() == [(1, "former"), (2, "live")]
    assert score_at(publication) > with_first > own
    second.refresh_from_db()
    assert variants.roll_back(second, sari, "kembali") == first
    assert states() == [(1, "live"), (2, "former")]
    assert score_at(publication) == with_first
    first.refresh_from_db()
    assert variants.roll_back(first, sari, "kembali lagi") is None
    assert score_at(publication) == own
    events = VariantEvent.objects.order_by("id").select_related("variant", "by")
    assert [(event.variant.number, event.action, event.by) for event in events] == [
        (1, "made", None), (1, "promoted", sari), (2, "made", None), (1, "replaced", sari), (2, "promoted", sari),
        (2, "withdrawn", sari), (1, "restored", sari), (1, "withdrawn", sari),
    ]  # fmt: skip


def test_a_discarded_one_can_be_tried_again(publication: Publication, sari: User) -> None:
    row = made(publication)
    variants.discard(row, sari, "belum perlu")
    assert variants.now(publication.pk).shadows == ()
    variants.bring_back(row, sari, "dicoba lagi")
    assert [shadow.variant for shadow in variants.now(publication.pk).shadows] == [row.pk]
    variants.discard(row, sari, "x")
    made(publication, 2)
    with pytest.raises(variants.Moved):
        variants.bring_back(row, sari, "ada yang lain")
    assert states() == [(1, "discarded"), (2, "shadow")]


def test_whoever_comes_second_changes_nothing(publication: Publication, sari: User) -> None:
    row = made(publication)
    stale = Variant.objects.get(pk=row.pk)
    variants.discard(row, sari, "x")
    events = VariantEvent.objects.count()
    for act in (variants.promote, variants.discard, variants.roll_back):
        with pytest.raises(variants.Moved):
            act(stale, sari, "x")
    assert (states(), VariantEvent.objects.count()) == ([(1, "discarded")], events)


def test_the_database_holds_one_live_version_a_place(publication: Publication) -> None:
    row = made(publication)
    Variant.objects.filter(pk=row.pk).update(state="live")
    other = made(publication, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Variant.objects.filter(pk=other.pk).update(state="live")
    elsewhere = made(make_publication())
    Variant.objects.filter(pk=elsewhere.pk).update(state="live")


def test_a_version_made_for_another_model_rests(publication: Publication, sari: User) -> None:
    row = made(publication)
    variants.promote(row, sari, "x")
    own = model.get(HEAD).score(model.analyse(NEW)).probability
    assert score_at(publication) > own
    Variant.objects.filter(pk=row.pk).update(base_hash="0" * 64)
    assert score_at(publication) == own
    assert usable_models().ok
    Variant.objects.filter(pk=row.pk).update(state="shadow")
    assert variants.now(publication.pk).shadows == ()
    with pytest.raises(variants.Refused):
        variants.promote(Variant.objects.get(), sari, "x")


def test_a_damaged_version_in_force_is_an_error_and_holds_and_a_damaged_shadow_harms_nobody(publication: Publication, sari: User) -> None:
    row = made(publication)
    Variant.objects.filter(pk=row.pk).update(content=b"\x00" + bytes(row.content)[1:])
    comment = make_comment(place_of(publication), body=CLEAN[0], status=Status.PENDING)
    screen(comment.pk, 1)
    assert Finding.objects.get(comment=comment, shadow=True).label == "error"
    assert Finding.objects.get(comment=comment, check_name=HEAD, shadow=False).label == "clean"
    assert Decision.objects.get(comment=comment).reason == "new_author"
    with pytest.raises(ModelError):
        variants.promote(Variant.objects.get(), sari, "x")
    Variant.objects.filter(pk=row.pk).update(state="live")
    variants.forget()
    second = make_comment(place_of(publication), body=CLEAN[0], status=Status.PENDING)
    screen(second.pk, 1)
    assert Finding.objects.get(comment=second, check_name=HEAD).label == "error"
    assert Decision.objects.get(comment=second).reason == "check_failed"
    assert list(broken_variants()) == ["gambling correction 1"]
    assert not usable_models().ok


# --- An artefact to be tried ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `train_classifiers --out` writes it: the shipped artefacts, gambling's under another version."""
    manifest = json.loads((model.FOLDER / model.MANIFEST).read_text())
    for entry in manifest.values():
        (tmp_path / entry["file"]).write_bytes((model.FOLDER / entry["file"]).read_bytes())
    raw, digest = again((model.FOLDER / manifest[HEAD]["file"]).read_bytes(), version="2027.01")
    (tmp_path / manifest[HEAD]["file"]).write_bytes(raw)
    manifest[HEAD] |= {"sha256": digest, "version": "2027.01"}
    (tmp_path / model.MANIFEST).write_text(json.dumps(manifest))
    return tmp_path


def again(raw: bytes, **changed: object) -> tuple[bytes, str]:
    """An artefact with other words about itself."""
    with np.load(io.BytesIO(raw), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if name != "about"}
        about = json.loads(archive["about"].tobytes()) | changed
    packed = model.pack(arrays, about)
    return packed, hashlib.sha256(packed).hexdigest()


def test_a_folder_is_tried_in_shadow_everywhere_promoted_and_taken_back(folder: Path, publication: Publication, sari: User) -> None:
    out = io.StringIO()
    call_command("try_model", str(folder), "--head", HEAD, "--dry-run", stdout=out)
    assert "(2027.01); fixed slices worse: none" in out.getvalue()
    assert not Variant.objects.exists()
    call_command("try_model", str(folder), stdout=out, stderr=io.StringIO())
    row = Variant.objects.get()
    assert (row.kind, row.publication, row.state, row.figures["version"]) == ("artefact", None, "shadow", "2027.01")
    for place in (publication, make_publication()):
        comment = make_comment(place_of(place), body=FRAMES[0].format(BRAND), status=Status.PENDING)
        screen(comment.pk, 1)
        shadow, live = (Finding.objects.get(comment=comment, check_name=HEAD, shadow=shadow) for shadow in (True, False))
        assert (shadow.variant, shadow.model_hash, shadow.check_version) == (row, row.sha256, "1/2027.01")
        assert (live.model_hash, live.probability) == (model.get(HEAD).hash, shadow.probability)
    variants.promote(row, sari, "versi baru")
    found = variants.now(publication.pk).models[HEAD]
    assert isinstance(found, Model)
    assert found.hash == row.sha256
    scored = Program(f"ApiKey {make_key('program', ['score'])[1]}").post("score/", {"text": NEW}).json()["scores"]
    assert {each["head"]: each["model"] for each in scored} == {**{head: model.get(head).hash for head in HEADS}, HEAD: row.sha256}
    # A correction that was made for the shipped model rests beside it.
    assert variants.is_for(made(publication), found) is False
    variants.roll_back(row, sari, "x")
    assert variants.now(publication.pk).models == {}


def test_a_folder_without_anything_new_or_sound_is_refused(folder: Path, tmp_path: Path) -> None:
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("try_model", str(folder), "--head", "promotion", stderr=errors)
    assert "is shipped" in errors.getvalue()
    for damage in (b"", b"PK"):
        (folder / f"{HEAD}.npz").write_bytes(damage)
        with pytest.raises(CommandError):
            call_command("try_model", str(folder), "--head", HEAD, stderr=errors)
    with pytest.raises(CommandError):
        call_command("try_model", str(tmp_path / "tidak-ada"), stderr=errors)
    assert not Variant.objects.exists()
