"""Before a reply is sent: the words for which it would wait are named, and nobody is kept from sending it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from comments.models import Comment
from comments.nudge import Hint, hints_for
from comments.submission import Draft
from moderation.models import Phrase
from newsroom.models import Article
from tests.factories import make_article

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def article() -> Article:
    Phrase.objects.create(pattern="calo karcis", action="suspect", kind="scam", severity=2)
    return make_article()


def typed(**fields: str) -> dict[str, str]:
    return {"comment": "Di seberang ada calo karcis.", "author": "Dewi", "email": "dewi@contoh.example", **fields}


def hints(article: Article, text: str) -> list[Hint]:
    return hints_for(article, Draft("Dewi", "", "", text), None)


def test_the_words_are_named_as_they_were_typed(article: Article) -> None:
    assert hints(article, "Terima kasih, jembatannya bagus.") == []
    found = hints(article, "Di seberang ada c a l o  KARCIS, dan calo karcis.")
    assert [hint.why for hint in found] == ["Redaksi melihat kata-kata ini dulu"]
    assert found[0].words == ("c a l o KARCIS", "calo karcis")


def test_nobody_is_told_before_sending_that_they_are_new(article: Article) -> None:
    assert hints(article, "Setuju sekali dengan pendapat di atas.") == []


def test_a_look_that_fails_stands_in_nobodys_way(article: Article, settings: Any) -> None:
    settings.COMMENT_NUDGE = "moderation.nudge.tidak_ada"
    assert hints(article, "calo karcis") == []
    settings.COMMENT_NUDGE = ""
    assert hints(article, "calo karcis") == []


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_is_looked_at(article: Article, text: str) -> None:
    for hint in hints(article, text):
        assert all(len(word) <= 61 for word in hint.words)
        assert len(hint.words) <= 8


# --- Through the form -------------------------------------------------------------------------------------------------------


def test_without_a_script_it_is_a_step_of_its_own(client: Client, article: Article) -> None:
    address = f"{article.get_absolute_url()}balasan/"
    answer = client.post(address, typed(periksa="1", comment="Ada <em>calo karcis</em> & <script>x</script>", email=""))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert '<mark dir="auto">calo karcis</mark>' in page
    assert "<p>Ada <em>calo karcis</em> &amp; &lt;script&gt;x&lt;/script&gt;</p>" in page
    assert 'value="Dewi"' in page
    assert "field-error" not in page
    assert not Comment.objects.exists()
    assert client.post(address, typed()).status_code == 303
    assert Comment.objects.count() == 1


def test_an_empty_text_cannot_be_looked_at(client: Client, article: Article) -> None:
    answer = client.post(f"{article.get_absolute_url()}balasan/", {"periksa": "1", "comment": " \u200b"})
    assert answer.status_code == 400
    assert answer.content.decode().count("field-error") == 1


def test_the_script_is_told_once_and_sends_all_the_same(client: Client, article: Article) -> None:
    address = f"{article.get_absolute_url()}balasan/"
    advised = client.post(address, typed(**{"periksa-dulu": "1"}), headers=JSON)
    assert (advised.status_code, list(advised.json())) == (200, ["check"])
    assert '<mark dir="auto">calo karcis</mark>' in advised.json()["check"]
    assert not Comment.objects.exists()
    sent = client.post(address, typed(), headers=JSON)
    assert (sent.status_code, sorted(sent.json())) == (201, ["comment", "parent"])
    comment = Comment.objects.get()
    assert f'id="{comment.anchor}"' in sent.json()["comment"]
    assert "comment-pending" in sent.json()["comment"]
    assert "balasan_pembaca" in sent.cookies


def test_a_clean_text_is_sent_with_the_first_press(client: Client, article: Article) -> None:
    sent = client.post(f"{article.get_absolute_url()}balasan/", typed(comment="Jembatannya bagus.", **{"periksa-dulu": "1"}), headers=JSON)
    assert sent.status_code == 201
    assert Comment.objects.count() == 1


def test_the_script_gets_the_form_with_its_errors(client: Client, article: Article) -> None:
    refused = client.post(f"{article.get_absolute_url()}balasan/", typed(email="bukan"), headers=JSON)
    assert (refused.status_code, list(refused.json())) == (200, ["form"])
    form = refused.json()["form"]
    assert 'id="email-error"' in form
    assert "calo karcis" in form
    assert "masthead" not in form
    assert not Comment.objects.exists()


def test_looks_are_limited_and_replies_are_not_stopped_by_it(client: Client, article: Article, settings: Any) -> None:
    settings.COMMENT_NUDGE_LIMITS = ((1, 60),)
    address = f"{article.get_absolute_url()}balasan/"
    assert client.post(address, typed(periksa="1")).status_code == 200
    assert client.post(address, typed(periksa="1")).status_code == 429
    assert client.post(address, typed(**{"periksa-dulu": "1"}), headers=JSON).status_code == 201


def test_one_own_comment_is_told_to_its_author_alone(client: Client, article: Article) -> None:
    client.post(f"{article.get_absolute_url()}balasan/", typed(comment="Rahasia saya."))
    comment = Comment.objects.get()
    address = f"/komentar/{comment.public_id}/milik-saya/"
    own = client.get(address)
    assert (own.status_code, own["Cache-Control"]) == (200, "no-store")
    assert "Rahasia saya." in own.content.decode()
    assert "/ubah/" in own.content.decode()
    assert (Client().get(address).status_code, Client().get(address).content) == (204, b"")
