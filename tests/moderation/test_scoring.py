"""The score of a text by itself, /api/v1/score/, keys of other programs, and `manage.py explain`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from moderation import scoring
from moderation.api_keys import LAST_USED, MissingScope, UnknownKey, digest_of, find_key, make_key
from moderation.classifiers import model
from moderation.models import ApiKey, Suggestion
from tests.comments.test_api import holds
from tests.factories import make_comment, make_publication, make_user
from tests.moderation.desk import client_of, member
from tests.programs import Program, as_user, errors_of, make_decider, problem_of

pytestmark = pytest.mark.django_db

PROMOTION = "G4C0R banget di MAWAR88 𝗷𝗮𝗺𝗶𝗻 maxwin, depo 10rb langsung jp!! daftar sekarang 🎰"
CLEAN = "Jembatan itu sudah lama ditunggu warga, semoga tidak mangkrak lagi."


def switch_off() -> None:
    """Switch every key off, as the desk does it."""
    for key in ApiKey.objects.all():
        key.active = False
        key.save()


def with_key(*scopes: str) -> Program:
    return Program(f"ApiKey {make_key(f'program {ApiKey.objects.count()}', scopes or ['score'])[1]}")


# --- the step -------------------------------------------------------------------------------------------------------------


def test_every_head_speaks_with_its_thresholds_and_artefact() -> None:
    scored = scoring.score(PROMOTION)
    assert tuple(scored.heads) == scoring.HEADS
    for name, found in scored.heads.items():
        assert 0 <= found.probability <= 1
        assert (found.version, found.hash) == (model.get(name).version, model.get(name).hash)
        assert all(0 <= start < end <= len(PROMOTION) for start, end in found.spans)
    assert scored.heads["gambling"].level == "strict"
    assert scored.heads["gambling"].words
    assert scored == scoring.score(PROMOTION)
    assert {name: found.probability for name, found in scored.heads.items()} == scoring.probabilities(PROMOTION)


def test_thresholds_of_a_publication_count() -> None:
    probability = scoring.score(PROMOTION).heads["gambling"].probability
    found = scoring.score(PROMOTION, {"gambling": {"strict": 1.0, "queue": probability}}).heads["gambling"]
    assert (found.level, found.detail["strict"]) == ("queue", 1.0)


def test_hard_words_are_marked_in_the_original() -> None:
    text = "Dasar \U0001d404 goblok kau!"
    assert [(text[mark.start : mark.end], mark.kind) for mark in scoring.marks(text)] == [("goblok", "insult")]


# --- POST /api/v1/score/ ------------------------------------------------------------------------------------------------------


def test_a_disguised_promotion_is_scored_and_its_words_stand_in_the_text() -> None:
    answer = with_key().post("score/", {"text": PROMOTION, "language": "en"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    content = answer.json()
    holds(content, "ScoredText")
    gambling = next(each for each in content["scores"] if each["head"] == "gambling")
    assert (gambling["level"], gambling["model"]) == ("strict", model.get("gambling").hash)
    assert gambling["probability"] >= gambling["thresholds"]["strict"] >= gambling["thresholds"]["queue"]
    assert gambling["spans"]
    assert [each["contribution"] for each in gambling["words"]] == sorted(
        (each["contribution"] for each in gambling["words"]), reverse=True
    )


def test_a_clean_text_and_our_own_view_of_its_language() -> None:
    content = (
        with_key()
        .post("score/", {"text": "Pak, jembatan itu sudah lama ditunggu dan kami tidak tahu kapan jadi.", "language": "en"})
        .json()
    )
    holds(content, "ScoredText")
    assert content["language"]["detected"] == "id"
    assert {each["level"] for each in content["scores"]} == {"none"}
    assert content["lexicon"] == []


def test_bad_input() -> None:
    program = with_key()
    assert errors_of(program.post("score/", {})) == {("text", "required")}
    assert errors_of(program.post("score/", {"text": ""})) == {("text", "required")}
    assert errors_of(program.post("score/", {"text": 5, "language": 5})) == {("text", "not_a_string"), ("language", "not_a_string")}
    assert errors_of(program.post("score/", {"text": "a" * 5001})) == {("text", "max_length")}
    assert errors_of(program.post("score/", {"text": "a", "language": "x" * 36})) == {("language", "max_length")}
    assert program.post("score/", {"text": "a " * 2500}).status_code == 200
    problem_of(program.post("score/", {"text": "a" * 300_000}), 413, "too_large")
    problem_of(program.call("POST", "score/", raw=b"{"), 400, "invalid_json")
    problem_of(program.get("score/"), 405, "method_not_allowed")


def test_who_may() -> None:
    body = {"text": CLEAN}
    answer = Program().post("score/", body)
    problem_of(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "ApiKey"
    problem_of(Program("ApiKey balasan_x").post("score/", body), 401, "authentication_failed")
    problem_of(with_key("suggest").post("score/", body), 403, "permission_denied")
    problem_of(as_user(make_user()).post("score/", body), 403, "permission_denied")
    assert as_user(make_decider()).post("score/", body).status_code == 200
    program = with_key()
    assert program.post("score/", body).status_code == 200
    switch_off()
    problem_of(program.post("score/", body), 401, "authentication_failed")


def test_each_key_has_its_limit_and_nothing_is_written(settings: Any) -> None:
    settings.MODERATION_SCORE_LIMITS = ((1, 60),)
    first, second = with_key(), with_key()
    assert first.post("score/", {"text": CLEAN}).status_code == 200
    answer = first.post("score/", {"text": CLEAN})
    problem_of(answer, 429, "too_fast")
    assert int(answer["Retry-After"]) <= 60
    assert second.post("score/", {"text": CLEAN}).status_code == 200
    assert not Suggestion.objects.exists()


def test_a_model_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(model._models, "promotion", model.ModelError("gone"))
    answer = with_key().post("score/", {"text": CLEAN})
    problem_of(answer, 503, "model_unavailable")


# --- keys ---------------------------------------------------------------------------------------------------------------------


def test_a_key_is_kept_as_a_hash_and_remembers_when_it_was_used() -> None:
    key, secret = make_key("coral", ["score"])
    assert secret.startswith(key.beginning)
    assert ApiKey.objects.values_list("digest", flat=True).get() == digest_of(secret)
    assert not [row for row in ApiKey.objects.values() if secret in str(row)]
    assert find_key(secret, "score") == key
    key.refresh_from_db()
    used = key.last_used_at
    assert used is not None
    find_key(secret, "score")
    key.refresh_from_db()
    assert key.last_used_at == used
    key.last_used_at = timezone.now() - 2 * LAST_USED
    key.save()
    find_key(secret, "score")
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert timezone.now() - key.last_used_at < LAST_USED
    with pytest.raises(MissingScope):
        find_key(secret, "suggest")
    with pytest.raises(UnknownKey):
        find_key(secret + "x", "score")


def test_a_key_is_believed_for_a_while_and_refused_at_once_when_it_is_switched_off(django_assert_num_queries: Any) -> None:
    _key, secret = make_key("coral", ["score"])
    find_key(secret, "score")
    with django_assert_num_queries(0):
        find_key(secret, "score")
        with pytest.raises(MissingScope):
            find_key(secret, "suggest")
    with django_assert_num_queries(1), pytest.raises(UnknownKey):
        find_key("balasan_x", "score")
    switch_off()
    for _ in range(2):
        with pytest.raises(UnknownKey):
            find_key(secret, "score")


def test_the_command_makes_a_key_that_works() -> None:
    out = io.StringIO()
    call_command("create_api_key", "coral", "--scope", "score", "--scope", "suggest", stdout=out, stderr=io.StringIO())
    assert find_key(out.getvalue().strip(), "suggest").name == "coral"
    with pytest.raises(CommandError, match="already"):
        call_command("create_api_key", "coral")
    with pytest.raises(CommandError):
        call_command("create_api_key", "lain", "--scope", "rule")
    with pytest.raises(CommandError):
        call_command("create_api_key", " ")
    call_command("create_api_key", "lain", "--dry-run", stdout=out)
    assert ApiKey.objects.count() == 1


def make_in_admin(client: Client) -> str:
    data = {"name": "wordpress", "scopes": ["score"], "active": "on"}
    answer = client.post(reverse("admin:moderation_apikey_add"), data, follow=True)
    words = [str(message) for message in answer.context["messages"]]
    return next(word for sentence in words for word in sentence.split() if word.startswith("balasan_"))


@pytest.mark.parametrize("group", ["", "admin"])
def test_the_admin_shows_a_new_key_once(group: str) -> None:
    client = client_of(member(group) if group else make_user(is_staff=True, is_superuser=True))
    secret = make_in_admin(client)
    key = find_key(secret, "score")
    assert key.scopes == ["score"]
    for address in (reverse("admin:moderation_apikey_changelist"), reverse("admin:moderation_apikey_change", args=[key.pk])):
        answer = client.get(address)
        assert answer.status_code == 200
        assert secret not in answer.content.decode()
        assert key.beginning in answer.content.decode()
    client.post(reverse("admin:moderation_apikey_change", args=[key.pk]), {"name": "lama", "scopes": ["score"]})
    with pytest.raises(UnknownKey):
        find_key(secret, "score")
    key.refresh_from_db()
    assert (key.name, key.digest) == ("lama", digest_of(secret))


@pytest.mark.parametrize("group", ["moderator", "editor"])
def test_keys_are_not_for_moderators(group: str) -> None:
    user: User = member(group)
    assert client_of(user).get(reverse("admin:moderation_apikey_changelist")).status_code == 403
    assert client_of(user).get(reverse("admin:moderation_suggestion_changelist")).status_code == 403


def test_suggestions_can_be_read_and_deleted() -> None:
    client = client_of(make_user(is_staff=True, is_superuser=True))
    row = Suggestion.objects.create(text="<script>alert(1)</script>", scores={"TOXICITY": 0.5})
    assert client.get(reverse("admin:moderation_suggestion_add")).status_code == 403
    for address in (reverse("admin:moderation_suggestion_changelist"), reverse("admin:moderation_suggestion_change", args=[row.pk])):
        page = client.get(address).content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page
    client.post(reverse("admin:moderation_suggestion_delete", args=[row.pk]), {"post": "yes"})
    assert not Suggestion.objects.exists()


# --- explain --------------------------------------------------------------------------------------------------------------------


def explained(*args: str) -> str:
    out = io.StringIO()
    call_command("explain", *args, stdout=out)
    return out.getvalue()


def test_explain_takes_a_text_apart() -> None:
    said = explained(PROMOTION)
    found = scoring.score(PROMOTION).heads["gambling"]
    assert f"gambling: spam (version 1/{found.version})" in said
    assert f"probability {found.probability:.6f}, queue {found.detail['queue']:.6f}, strict {found.detail['strict']:.6f}" in said
    assert f"model {found.hash[:12]}" in said
    for word, value in found.detail["contributions"]:  # type: ignore[attr-defined]
        assert f"{value:+.4f}  {word}" in said
    assert all(f"\n{name}: " in said for name in ("promotion", "abuse", "phrases", "links", "shouting", "language"))


def test_explain_takes_a_comment_and_moves_no_cursor() -> None:
    comment = make_comment(body="Dasar \x1b[2J goblok kau semua!")
    said = explained("--comment", comment.public_id)
    assert "insult: goblok" in said
    assert "\x1b" not in said
    make_publication()
    assert "insult: goblok" in explained("Dasar goblok!")


@pytest.mark.parametrize(
    ("args", "words"),
    [((), "Give a text"), (("a", "--comment", "b"), "Give a text"), (("--comment", "b"), "no comment"), ((" ",), "empty")],
)
def test_explain_says_what_is_wrong(args: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        explained(*args)


def test_explain_tells_of_a_model_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(model._models, "gambling", model.ModelError("gone"))
    assert "gambling: error, ModelError: gone" in explained(CLEAN)
