"""comments:analyze and comments:suggestscore, as clients of the Perspective API call them."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from moderation import attributes as attributes_module
from moderation import perspective
from moderation.api_keys import make_key
from moderation.attributes import ATTRIBUTES, MOST_STRETCHES, attributes, sentences, utf16
from moderation.classifiers import model
from moderation.models import Suggestion
from tests.moderation.test_scoring import switch_off

pytestmark = pytest.mark.django_db

# The requests of the API's own documentation.
QUICK_START = {"comment": {"text": "what kind of idiot name is foo?"}, "languages": ["en"], "requestedAttributes": {"TOXICITY": {}}}
METHODS = {
    "comment": {"text": "What kind of idiot name is foo? Sorry, I like your name."},
    "languages": ["en"],
    "requestedAttributes": {"TOXICITY": {}, "UNSUBSTANTIAL": {}},
}
SUGGESTION = {
    "comment": {"text": "I guess it comes down a simple choice: Get busy living, or get busy dying."},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}},
    "communityId": "/forum/movies",
    "clientToken": "comment-53922",
}


def coral(text: str, model_name: str = "TOXICITY") -> dict[str, Any]:
    """What Coral's client sends from an Indonesian site."""
    return {"comment": {"text": text}, "doNotStore": True, "requestedAttributes": {model_name: {}}, "languages": ["en"]}


@pytest.fixture
def key() -> str:
    return make_key("coral", ["score", "suggest"])[1]


def call(body: object, key: str = "", method: str = "analyze", verb: str = "POST", **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    query = f"?key={key}" if key else ""
    kind = headers.pop("content_type", "application/json")
    return client.generic(verb, f"/v1alpha1/comments:{method}{query}", content, content_type=kind, headers=headers)


def error_of(answer: Any, code: int, status: str) -> dict[str, Any]:
    """The error that an answer is, in that API's form."""
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    content = answer.json()
    assert set(content) == {"error"}
    error: dict[str, Any] = content["error"]
    assert (answer.status_code, error["code"], error["status"]) == (code, code, status), error
    assert error["message"]
    return error


def error_type(answer: Any) -> tuple[str, str]:
    error = error_of(answer, 400, "INVALID_ARGUMENT")
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    return detail["errorType"], error["message"]


def test_the_example_of_the_documentation_has_names_without_quotes(key: str) -> None:
    bare = b'{comment: {text: "what kind of idiot, name: is foo?"},\n languages: ["en"],\n requestedAttributes: {TOXICITY:{}} }'
    answer = call(bare, key)
    assert answer.status_code == 200
    quoted = {"comment": {"text": "what kind of idiot, name: is foo?"}, "languages": ["en"], "requestedAttributes": {"TOXICITY": {}}}
    assert answer.json() == call(quoted, key).json()
    for wrong in (b"{comment: {text: what}}", b"{comment", b'{comment: "' + b"\\" * 9, b"{1: 2}"):
        error_of(call(wrong, key), 400, "INVALID_ARGUMENT")


# --- analyze --------------------------------------------------------------------------------------------------------------------


def test_the_request_of_the_quick_start(key: str) -> None:
    answer = call(QUICK_START, key)
    assert answer.status_code == 200
    content = answer.json()
    value = content["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
    assert content == {
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": value, "type": "PROBABILITY"}}},
        "languages": ["en"],
        "detectedLanguages": [content["detectedLanguages"][0]],
    }
    assert 0.5 < value <= 1


def test_the_request_of_the_methods_page_with_its_spans(key: str) -> None:
    plain = call(METHODS, key).json()["attributeScores"]
    assert set(plain) == {"TOXICITY", "UNSUBSTANTIAL"}
    assert all(set(scores) == {"summaryScore"} for scores in plain.values())
    content = call({**METHODS, "spanAnnotations": True}, key).json()
    for name in plain:
        spans = content["attributeScores"][name]["spanScores"]
        assert [(span["begin"], span["end"]) for span in spans] == [(0, 31), (32, 56)]
        assert all(set(span["score"]) == {"value", "type"} for span in spans)
    insult, sorry = (span["score"]["value"] for span in content["attributeScores"]["TOXICITY"]["spanScores"])
    assert insult > sorry


def test_spans_count_in_utf_16(key: str) -> None:
    body = coral("🎰🎰 Bagus. Dasar goblok kau!") | {"spanAnnotations": True}
    spans = call(body, key).json()["attributeScores"]["TOXICITY"]["spanScores"]
    assert [(span["begin"], span["end"]) for span in spans] == [(0, 11), (12, 29)]


@pytest.mark.parametrize("name", ["TOXICITY", "SEVERE_TOXICITY"])
def test_what_coral_sends_is_judged_in_our_language(key: str, name: str) -> None:
    content = call(coral("Dasar bangsat kau, anjing semua yang tidak tahu diri dan bikin susah rakyat!", name), key).json()
    assert list(content["attributeScores"]) == [name]
    assert content["attributeScores"][name]["summaryScore"]["value"] > 0.5
    assert (content["languages"], content["detectedLanguages"]) == (["en"], ["id"])
    calm = call(coral("Jembatan itu sudah lama ditunggu warga dan semoga tidak mangkrak lagi."), key).json()
    assert calm["attributeScores"]["TOXICITY"]["summaryScore"]["value"] < 0.5


def test_everything_that_may_be_sent_is_taken(key: str) -> None:
    body = {
        "comment": {"text": "Halo.", "type": "PLAIN_TEXT"},
        "context": {"entries": [{"text": "Sebelumnya.", "type": "PLAIN_TEXT"}]},
        "requestedAttributes": {name: {"scoreType": "PROBABILITY", "scoreThreshold": 0} for name in ATTRIBUTES}
        | {"INSULT_EXPERIMENTAL": None},
        "languages": ["tlh"],
        "doNotStore": False,
        "clientToken": "x-1",
        "sessionId": "s",
        "communityId": "c",
        "spanAnnotations": False,
    }
    content = call(body, key).json()
    assert set(content["attributeScores"]) == {*ATTRIBUTES, "INSULT_EXPERIMENTAL"}
    assert (content["clientToken"], content["languages"], content["detectedLanguages"]) == ("x-1", ["tlh"], ["und"])
    assert not Suggestion.objects.exists()
    snake = {"comment": {"text": "Halo."}, "requested_attributes": {"TOXICITY": {"score_threshold": 1}}, "client_token": "y"}
    assert call(snake, key).json() == {"languages": ["und"], "clientToken": "y", "detectedLanguages": ["und"]}


def test_the_key_may_come_in_a_header_and_the_content_type_is_not_asked(key: str) -> None:
    assert call(QUICK_START, X_Goog_Api_Key=key).status_code in (200, 403)
    client = Client()
    answer = client.post("/v1alpha1/comments:analyze", json.dumps(QUICK_START), "text/plain", headers={"X-Goog-Api-Key": key})
    assert answer.status_code == 200
    assert call(QUICK_START, key, content_type="application/x-www-form-urlencoded").status_code == 200


# --- errors ---------------------------------------------------------------------------------------------------------------------


def test_keys(key: str, settings: Any) -> None:
    error_of(call(QUICK_START), 403, "PERMISSION_DENIED")
    error = error_of(call(QUICK_START, "AIza-wrong"), 400, "INVALID_ARGUMENT")
    assert error["message"] == "API key not valid. Please pass a valid API key."
    assert error["details"][0]["reason"] == "API_KEY_INVALID"
    error = error_of(call(QUICK_START, make_key("lain", ["suggest"])[1]), 403, "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "API_KEY_SERVICE_BLOCKED"
    settings.MODERATION_SCORE_LIMITS = ((1, 60),)
    assert call(QUICK_START, key).status_code == 200
    answer = call(QUICK_START, key)
    assert error_of(answer, 429, "RESOURCE_EXHAUSTED")["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert 1 <= int(answer["Retry-After"]) <= 60
    switch_off()
    error_of(call(QUICK_START, key), 400, "INVALID_ARGUMENT")


@pytest.mark.parametrize("comment", [None, {}, {"text": ""}, {"text": None}, {"text": "  \n"}])
def test_an_empty_comment(key: str, comment: object) -> None:
    body = {"comment": comment, "requestedAttributes": {"TOXICITY": {}}}
    assert error_type(call(body, key)) == ("COMMENT_EMPTY", "Comment must be non-empty.")


def test_twenty_kilobytes(key: str) -> None:
    longest = "kata yang biasa saja. " * 930 + "ya" * 10
    assert len(longest) == 20_480
    began = time.perf_counter()
    assert call(coral(longest) | {"spanAnnotations": True}, key).status_code == 200
    assert time.perf_counter() - began < 5
    words = "Comment text was too many bytes. Value (20481) exceeded limit (20480)."
    assert error_type(call(coral(longest + "a"), key)) == ("COMMENT_TOO_LONG", words)
    assert error_type(call(coral("é" * 10_241), key))[0] == "COMMENT_TOO_LONG"
    assert "payload size" in error_of(call(coral("a" * 300_000), key), 400, "INVALID_ARGUMENT")["message"]


def test_attributes_that_are_missing_or_unknown(key: str) -> None:
    wanted: object
    for wanted in ({}, None):
        body = {"comment": {"text": "a"}, "requestedAttributes": wanted}
        assert error_type(call(body, key)) == ("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
    assert error_type(call({"comment": {"text": "a"}}, key))[0] == "NO_REQUESTED_ATTRIBUTES"
    assert error_type(call(coral("a", "FLIRTATION"), key)) == ("INVALID_REQUEST", "Unknown requested attribute: FLIRTATION")
    ranked: object = {"comment": {"text": "a"}, "requestedAttributes": {"SPAM": {"scoreType": "RANK"}}}
    assert error_type(call(ranked, key)) == ("INVALID_REQUEST", "Requested score type RANK is not supported by attribute SPAM")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"comment": {"text": 5}}, "comment.text"),
        ({"comment": "a"}, "comment"),
        ({"requestedAttributes": ["TOXICITY"]}, "requestedAttributes"),
        ({"requestedAttributes": {"TOXICITY": 1}}, "requestedAttributes[TOXICITY]"),
        ({"requestedAttributes": {"TOXICITY": {"scoreThreshold": "x"}}}, "requestedAttributes[TOXICITY].scoreThreshold"),
        ({"languages": "en"}, "languages"),
        ({"languages": [1]}, "languages[]"),
        ({"doNotStore": "yes"}, "doNotStore"),
        ({"clientToken": 1}, "clientToken"),
        ({"spanAnnotations": 1}, "spanAnnotations"),
    ],
)
def test_values_of_the_wrong_type(key: str, change: dict[str, Any], field: str) -> None:
    error = error_of(call({**QUICK_START, **change}, key), 400, "INVALID_ARGUMENT")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert error["details"][0]["fieldViolations"][0]["field"] == field


def test_text_types_context_and_thresholds(key: str) -> None:
    html = {**QUICK_START, "comment": {"text": "<b>a</b>", "type": "HTML"}}
    assert error_type(call(html, key)) == ("INVALID_REQUEST", "Currently, only 'PLAIN_TEXT' comments are supported")
    assert error_type(call({**QUICK_START, "comment": {"text": "a", "type": "RTF"}}, key)) == ("INVALID_REQUEST", "Unknown text type")
    both = {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}
    assert error_type(call({**QUICK_START, "context": both}, key))[0] == "INVALID_REQUEST"
    assert error_type(call({**QUICK_START, "requestedAttributes": {"SPAM": {"scoreThreshold": 2}}}, key))[0] == "INVALID_REQUEST"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"comment": {"text": "\\ud800"}}', b'{"a": NaN}', b"[" * 5000])
def test_bodies_that_cannot_be_read(key: str, body: bytes) -> None:
    error = error_of(call(body, key), 400, "INVALID_ARGUMENT")
    assert error["message"].startswith("Invalid JSON payload received.")


def test_methods_and_addresses(key: str) -> None:
    for verb in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = call(b"", key, verb=verb)
        error_of(answer, 405, "UNIMPLEMENTED")
        assert answer["Allow"] == "POST"
    error_of(call(QUICK_START, key, method="delete"), 404, "NOT_FOUND")


def test_faults_of_ours_are_errors_of_that_api_too(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(model._models, "abuse_en", model.ModelError("gone"))
        error_of(call(QUICK_START, key), 503, "UNAVAILABLE")
    for raised, code, status in ((OperationalError(), 503, "UNAVAILABLE"), (RuntimeError("x"), 500, "INTERNAL")):

        def broken(_text: str, _wanted: object, _models: object, error: Exception = raised) -> dict[str, float]:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(perspective, "attributes", broken)
            error_of(call(QUICK_START, key), code, status)


# --- suggestscore -----------------------------------------------------------------------------------------------------------------


def test_a_suggestion_is_answered_and_by_default_not_kept(key: str) -> None:
    assert call(SUGGESTION, key, "suggestscore").json() == {"clientToken": "comment-53922", "detectedLanguages": ["en"]}
    assert not Suggestion.objects.exists()


def test_a_suggestion_is_kept_where_all_three_allow_it(key: str, settings: Any) -> None:
    settings.MODERATION_KEEP_SUGGESTIONS = True
    call({**SUGGESTION, "doNotStore": True}, key, "suggestscore")
    call(SUGGESTION, make_key("lain", ["score"])[1], "suggestscore")
    assert not Suggestion.objects.exists()
    content = call({**SUGGESTION, "languages": ["en"], "sessionId": "s"}, key, "suggestscore").json()
    assert content["requestedLanguages"] == ["en"]
    row = Suggestion.objects.get()
    assert (row.text, row.scores, row.community) == (SUGGESTION["comment"]["text"], {"TOXICITY": 0.0}, "/forum/movies")  # type: ignore[index]
    assert (row.key and row.key.name, row.language) == ("coral", "en")
    assert {field.name for field in Suggestion._meta.get_fields()} == {"id", "key", "text", "scores", "language", "community", "created_at"}


def test_suggestions_that_say_nothing(key: str) -> None:
    comment = SUGGESTION["comment"]
    assert error_type(call({"comment": comment}, key, "suggestscore"))[0] == "NO_REQUESTED_ATTRIBUTES"
    assert error_type(call({"comment": {}}, key, "suggestscore"))[0] == "COMMENT_EMPTY"
    scores: object
    for scores in ({"X": {"summaryScore": {"value": 0}}}, {"SPAM": {}}, {"SPAM": {"summaryScore": {"value": 2}}}):
        assert error_type(call({"comment": comment, "attributeScores": scores}, key, "suggestscore"))[0] == "INVALID_REQUEST"
    for wrong in ({"SPAM": 1}, {"SPAM": {"summaryScore": {"value": True}}}):
        error_of(call({"comment": comment, "attributeScores": wrong}, key, "suggestscore"), 400, "INVALID_ARGUMENT")
    spans = {"SPAM": {"spanScores": [{"begin": 0, "end": 2, "score": {"value": 1}}]}}
    assert call({"comment": comment, "attributeScores": spans}, key, "suggestscore").status_code == 200


# --- what the attributes are made of ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "highest"),
    [
        ("Dasar goblok, tolol kau!", "INSULT"),
        ("You are such a pathetic idiot", "INSULT"),
        ("fuck you", "PROFANITY"),
        ("ngentot kontol", "PROFANITY"),
    ],
)
def test_the_kind_of_the_words_decides_which_attribute_is_high(text: str, highest: str) -> None:
    values = attributes(text, attributes_module.SHARES)
    assert max(values, key=lambda name: values[name]) == highest
    assert values[highest] == attributes(text, ["TOXICITY"])["TOXICITY"]


def test_gambling_is_spam_and_not_toxic() -> None:
    values = attributes("G4C0R di MAWAR88 jamin maxwin, depo 10rb langsung jp, daftar sekarang", ATTRIBUTES)
    assert values["SPAM"] > 0.9 > 0.5 > values["TOXICITY"]


def test_short_is_unsubstantial() -> None:
    short, long = (attributes(text, ["UNSUBSTANTIAL"])["UNSUBSTANTIAL"] for text in ("ok", "kata " * 40))
    assert short > 0.9 > 0.1 > long


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_values_lie_between_0_and_1_and_toxicity_is_the_highest_of_its_kind(text: str) -> None:
    values = attributes(text, ATTRIBUTES)
    assert all(0 <= value <= 1 for value in values.values())
    assert max(values[name] for name in ("SEVERE_TOXICITY", *attributes_module.SHARES)) <= values["TOXICITY"]


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.text(alphabet="aB.!? \n…3🎰", max_size=400))
def test_sentences_cover_what_can_be_seen(text: str) -> None:
    found = sentences(text)
    assert len(found) <= MOST_STRETCHES
    assert all(start < end and not text[start].isspace() and not text[end - 1].isspace() for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    outside = text
    for start, end in reversed(found):
        outside = outside[:start] + outside[end:]
    assert not outside.strip()


def test_sentences_and_code_units() -> None:
    text = "Rp 3.000 saja!? Ya...\nTidak. www.x.y"
    assert [text[start:end] for start, end in sentences(text)] == ["Rp 3.000 saja!?", "Ya...", "Tidak.", "www.x.y"]
    assert [utf16("a🎰b", at) for at in range(4)] == [0, 1, 3, 4]
    began = time.perf_counter()
    assert sentences("." * 20_000) == [(0, 20_000)]
    assert time.perf_counter() - began < 5
