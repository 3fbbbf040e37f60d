from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.authtoken.models import Token

from comments import identity
from comments.api_docs import read_schema
from comments.models import Comment, Commenter, Reaction, Revision, Thread
from comments.states import Status
from newsroom.models import Article
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section, make_user
from tests.programs import NEW, Program, as_user, errors_of, make_decider, problem_of

pytestmark = pytest.mark.django_db
PUBLIC = {
    "id", "article", "parent", "author_name", "author_url", "body_html", "body_text", "status", "created_at", "edited_at", "reply_count",
    "reactions", "url",
}  # fmt: skip


def holds(content: object, component: str) -> None:
    """The answer is what the schema says of it, and holds nothing that the schema does not name."""
    components = {name: strict(shape) for name, shape in read_schema()["components"]["schemas"].items()}
    jsonschema.validate(content, {"$ref": f"#/components/schemas/{component}", "components": {"schemas": components}})


def strict(shape: Any) -> Any:
    """OpenAPI's `nullable` in JSON Schema's words, and no property but the named ones."""
    if isinstance(shape, list):
        return [strict(inner) for inner in shape]
    if not isinstance(shape, dict):
        return shape
    plain = {name: strict(inner) for name, inner in shape.items() if name != "nullable"}
    if isinstance(plain.get("properties"), dict):
        plain["additionalProperties"] = False
    return {"anyOf": [plain, {"type": "null"}]} if shape.get("nullable") is True else plain


def edit_token(comment: Comment) -> str:
    return f"EditToken {identity.edit_token(comment)}"


# --- articles -----------------------------------------------------------------------------------------------------------


def test_articles_newest_first_with_counts_in_two_queries(django_assert_num_queries: Any) -> None:
    old, new = make_article(), make_article(published_at=timezone.now(), comments_enabled=False)
    make_article(published_at=timezone.now() + timedelta(hours=1))
    make_article(published_at=None)
    make_comment(old, parent=make_comment(old))
    with django_assert_num_queries(2):  # the publication, the articles
        answer = Program().get("articles/")
    content = answer.json()
    assert [article["slug"] for article in content["results"]] == [new.slug, old.slug]
    assert content["results"][1] == {
        "slug": old.slug,
        "title": old.title,
        "lead": "",
        "published_at": timezone.localtime(old.published_at, timezone.get_default_timezone()).isoformat(),
        "url": f"http://testserver/artikel/{old.slug}/",
        "comments_open": True,
        "comment_access": "anybody",
        "comment_count": 2,
    }
    assert content["results"][0]["comments_open"] is False
    assert content["results"][0]["comment_count"] == 0
    assert (content["next"], content["previous"]) == (None, None)
    holds(content, "ArticlePage")


def test_articles_by_pages_forward_and_back() -> None:
    moment = timezone.now() - timedelta(hours=1)
    section = make_section()
    slugs = [make_article(section=section, published_at=moment).slug for _ in range(120)][::-1]  # the same moment: the id decides
    program, address, seen, pages = Program(), "articles/", [], []
    while address:
        content = program.get(address).json()
        pages.append(content)
        seen += [article["slug"] for article in content["results"]]
        address = content["next"]
    assert seen == slugs
    assert [len(page["results"]) for page in pages] == [50, 50, 20]
    assert program.get(pages[2]["previous"]).json()["results"] == pages[1]["results"]
    assert program.get(pages[1]["previous"]).json() == {**pages[0], "next": program.get(pages[1]["previous"]).json()["next"]}


def test_articles_of_the_hosts_publication_only() -> None:
    ours = make_article()
    make_article(section=make_section(publication=make_publication(host="lain.example")))
    content = Program().get("articles/").json()
    assert [article["slug"] for article in content["results"]] == [ours.slug]


def test_one_article() -> None:
    article = make_article()
    content = Program().get(f"articles/{article.slug}/").json()
    assert content["slug"] == article.slug
    holds(content, "Article")


@pytest.mark.parametrize("published_at", [None, timezone.now() + timedelta(days=1)])
def test_an_article_that_is_not_out_is_not_there(published_at: Any) -> None:
    article = make_article(published_at=published_at)
    comment = make_comment(article)
    for path in (f"articles/{article.slug}/", f"articles/{article.slug}/comments/", f"comments/{comment.public_id}/"):
        problem_of(Program().get(path), 404, "not_found")
    problem_of(Program().get(f"comments/{comment.public_id}/replies/"), 404, "not_found")
    problem_of(Program().put(f"comments/{comment.public_id}/reaction/"), 404, "not_found")
    problem_of(Program().post(f"articles/{article.slug}/comments/", NEW), 404, "not_found")
    assert Comment.objects.count() == 1


# --- threads ------------------------------------------------------------------------------------------------------------


def test_a_thread_holds_what_is_public_and_nothing_else() -> None:
    article = make_article()
    top = make_comment(article, author_url="https://contoh.example")
    reply = make_comment(article, parent=top)
    make_comment(article, status=Status.HELD)
    make_comment(article, parent=top, status=Status.PENDING)
    gone = make_comment(article)
    below = make_comment(article, parent=gone)
    assert gone.move_to(Status.REJECTED)
    content = Program().get(f"articles/{article.slug}/comments/").json()
    first, second = content["results"]
    assert set(first) == PUBLIC | {"replies", "hidden_replies", "replies_url"}
    top.refresh_from_db()
    assert first["id"] == top.public_id
    assert first["author_url"] == "https://contoh.example"
    assert first["reply_count"] == 1
    assert first["url"] == f"http://testserver/komentar/{top.public_id}/"
    assert first["replies_url"] == f"http://testserver/api/v1/comments/{top.public_id}/replies/"
    assert [(one["id"], one["parent"], one["replies"]) for one in first["replies"]] == [(reply.public_id, top.public_id, [])]
    assert (second["id"], second["status"], second["author_name"], second["body_html"], second["body_text"]) == (
        gone.public_id, "removed", "", "", "",
    )  # fmt: skip
    assert [one["id"] for one in second["replies"]] == [below.public_id]
    holds(content, "ThreadPage")


def test_times_carry_the_offset_of_the_publication() -> None:
    article = make_article()
    make_comment(article)
    content = Program().get(f"articles/{article.slug}/comments/").json()
    assert content["results"][0]["created_at"].endswith("+07:00")


def thread_queries(article: Article) -> int:
    from django.db import connection

    with CaptureQueriesContext(
        connection,
    ) as found:
        assert Program().get(f"articles/{article.slug}/comments/").status_code == 200
    return len(found)


def test_a_thread_costs_the_same_queries_at_any_size() -> None:
    article = make_article()
    for _ in range(10):
        make_comment(article, parent=make_comment(article))
    few = thread_queries(article)
    tops = [make_comment(article) for _ in range(60)]
    Comment.objects.bulk_create(
        Comment(
            article=article, parent=top, root=top, path=str(top.pk), depth=1, status=Status.APPROVED, author_name="a", body_raw="b",
            body_html="b", body_text="b",
        )
        for top in tops
        for _ in range(15)
    )  # fmt: skip
    assert few == thread_queries(article) == 5  # publication, article, version, top level, replies


@pytest.mark.parametrize("sort", ["oldest", "newest", "best"])
def test_each_order_by_pages(sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_PAGE_SIZE", 3)
    article = make_article()
    made = [make_comment(article, reaction_count=number % 3) for number in range(8)]
    expected = {
        "oldest": made,
        "newest": made[::-1],
        "best": sorted(made, key=lambda comment: (-comment.reaction_count, comment.created_at)),
    }[sort]
    address, seen, program = f"articles/{article.slug}/comments/?sort={sort}", [], Program()
    while address:
        content = program.get(address).json()
        seen += [comment["id"] for comment in content["results"]]
        address = content["next"]
    assert seen == [comment.public_id for comment in expected]


def test_first_replies_and_the_address_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_REPLIES_IN_API", 2)
    monkeypatch.setattr(settings, "COMMENT_PAGE_SIZE", 3)
    article = make_article()
    top = make_comment(article)
    replies = [make_comment(article, parent=top)]
    replies += [make_comment(article, parent=replies[0]) for _ in range(4)]
    program = Program()
    shown = program.get(f"articles/{article.slug}/comments/").json()["results"][0]
    assert [one["id"] for one in shown["replies"]] == [replies[0].public_id]
    assert [one["id"] for one in shown["replies"][0]["replies"]] == [replies[1].public_id]
    assert shown["replies"][0]["hidden_replies"] + shown["hidden_replies"] == 3
    first = program.get(shown["replies_url"]).json()
    second = program.get(first["next"]).json()
    assert [one["id"] for one in first["results"] + second["results"]] == [reply.public_id for reply in replies]
    assert second["next"] is None
    assert program.get(second["previous"]).json()["results"] == first["results"]
    assert {one["parent"] for one in second["results"]} == {replies[0].public_id}
    holds(first, "CommentPage")
    problem_of(program.get(f"comments/{make_comment(status=Status.HELD).public_id}/replies/"), 404, "not_found")


@pytest.mark.parametrize(
    "query", ["sort=best&cursor=%s", "cursor=x", "cursor=%%FF", "cursor=bm9uc2Vuc2U", "sort=worst", "sort=", "cursor=" + "a" * 500]
)
def test_bad_cursors_and_orders_are_400(query: str) -> None:
    article = make_article()
    make_comment(article)
    cursor = "bnxvbGRlc3R8MjAyNi0wMS0wMVQwMDowMDowMCswMDowMHwx"  # n|oldest|2026-01-01T00:00:00+00:00|1
    answer = Program().get(f"articles/{article.slug}/comments/?" + (query % cursor if "%s" in query else query.replace("%%", "%")))
    field, _code = next(iter(errors_of(answer)))
    assert field in {"cursor", "sort"}


def test_a_thread_is_not_sent_again_until_it_changes() -> None:
    article = make_article()
    comment = make_comment(article)
    program, path = Program(), f"articles/{article.slug}/comments/"
    tag = program.get(path)["ETag"]
    assert program.get(path, If_None_Match=tag).status_code == 304
    assert program.get(f"{path}?sort=newest", If_None_Match=tag).status_code == 200
    program.put(f"comments/{comment.public_id}/reaction/")
    assert program.get(path, If_None_Match=tag).status_code == 200
    assert program.get(path)["Cache-Control"] == "no-cache"


# --- submission -----------------------------------------------------------------------------------------------------------


def test_submit() -> None:
    article = make_article()
    answer = Program().post(f"articles/{article.slug}/comments/", {**NEW, "author_url": "contoh.example", "body": "Halo <em>dunia</em>"})
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert "Idempotency-Replayed" not in answer
    assert not answer.cookies
    content = answer.json()
    comment = Comment.objects.get()
    assert answer["Location"] == f"http://testserver/api/v1/comments/{comment.public_id}/"
    assert set(content) == PUBLIC | {"body", "editable_until", "edit_token"}
    assert content["status"] == "pending"
    assert content["edit_token"] == identity.edit_token(comment)
    assert content["author_url"] == "https://contoh.example"
    assert (content["body_html"], content["body_text"]) == ("<p>Halo <em>dunia</em></p>", "Halo dunia")
    assert (comment.author_email, comment.ip, comment.via_form, comment.commenter) == ("dewi@contoh.example", "198.51.100.7", False, None)
    assert b"dewi@contoh" not in answer.content
    holds(content, "Submitted")


def test_optional_fields_may_be_null_or_left_out() -> None:
    article = make_article()
    body = {"author_name": "Dewi", "author_email": "dewi@contoh.example", "body": "Halo."}
    assert Program().post(f"articles/{article.slug}/comments/", body).status_code == 201
    assert (
        Program().post(f"articles/{article.slug}/comments/", {**body, "body": "Ya.", "author_url": None, "parent": None}).status_code == 201
    )


def test_reply_to_a_comment() -> None:
    top = make_comment()
    answer = Program().post(f"articles/{top.article.slug}/comments/", {**NEW, "parent": top.public_id})
    assert answer.json()["parent"] == top.public_id
    assert Comment.objects.get(parent=top).depth == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"body": ""}, ("body", "required")),
        ({"body": "\u200b \u2060"}, ("body", "required")),
        ({"body": "a" * 5_001}, ("body", "max_length")),
        ({"body": ["a"]}, ("body", "not_a_string")),
        ({"author_name": None}, ("author_name", "required")),
        ({"author_name": "a" * 81}, ("author_name", "max_length")),
        ({"author_name": 7}, ("author_name", "not_a_string")),
        ({"author_email": "dewi"}, ("author_email", "invalid")),
        ({"author_url": "javascript:alert(1)"}, ("author_url", "invalid")),
        ({"author_url": "https://" + "a" * 200}, ("author_url", "max_length")),
        ({"parent": "zzzzzzzzzzzzzzzz"}, ("parent", "parent_gone")),
        ({"parent": "a" * 65}, ("parent", "max_length")),
        ({"parent": 5}, ("parent", "not_a_string")),
    ],
)
def test_bad_input_names_the_field(change: dict[str, object], error: tuple[str, str]) -> None:
    article = make_article()
    answer = Program().post(f"articles/{article.slug}/comments/", {**NEW, **change})
    assert errors_of(answer) == {error}
    assert not Comment.objects.exists()


def test_all_errors_at_once() -> None:
    answer = Program().post(f"articles/{make_article().slug}/comments/", {})
    assert errors_of(answer) == {("author_name", "required"), ("author_email", "required"), ("body", "required")}


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM])
def test_what_is_not_public_cannot_be_replied_to(status: Status) -> None:
    hidden = make_comment(status=status)
    assert errors_of(Program().post(f"articles/{hidden.article.slug}/comments/", {**NEW, "parent": hidden.public_id})) == {
        ("parent", "parent_gone")
    }
    other = make_comment()
    assert errors_of(Program().post(f"articles/{hidden.article.slug}/comments/", {**NEW, "parent": other.public_id})) == {
        ("parent", "parent_gone")
    }
    assert Comment.objects.count() == 2


@pytest.mark.parametrize("fields", [{"comments_enabled": False}, {"comments_close_at": timezone.now() - timedelta(seconds=1)}])
def test_closed(fields: dict[str, Any]) -> None:
    problem_of(Program().post(f"articles/{make_article(**fields).slug}/comments/", NEW), 403, "comments_closed")
    assert not Comment.objects.exists()


def test_too_fast() -> None:
    article, program = make_article(), Program()
    for number in range(3):
        assert program.post(f"articles/{article.slug}/comments/", {**NEW, "body": f"Nomor {number}"}).status_code == 201
    answer = program.post(f"articles/{article.slug}/comments/", {**NEW, "body": "Nomor 3"})
    problem_of(answer, 429, "too_fast")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert Comment.objects.count() == 3
    # A retry of what was taken is no new act, and another network has its own count.
    assert program.post(f"articles/{article.slug}/comments/", {**NEW, "body": "Nomor 0"}).status_code == 201
    assert Program(ip="203.0.113.9").post(f"articles/{article.slug}/comments/", {**NEW, "body": "Nomor 3"}).status_code == 201


def test_the_same_key_and_body_answer_with_the_same_comment() -> None:
    article, program = make_article(), Program(Idempotency_Key="k-1")
    first = program.post(f"articles/{article.slug}/comments/", NEW)
    again = Program(ip="203.0.113.9", Idempotency_Key="k-1").post(f"articles/{article.slug}/comments/", NEW)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    problem_of(program.post(f"articles/{article.slug}/comments/", {**NEW, "body": "Lain."}), 409, "idempotency_key_reused")
    assert Comment.objects.count() == 1
    assert program.post(f"articles/{make_article().slug}/comments/", NEW).status_code == 201  # a key counts within its article


@pytest.mark.parametrize("key", ["", "a" * 201, "kunci\u00e9", "tab\tbed"])
def test_a_key_that_is_none(key: str) -> None:
    answer = Program().post(f"articles/{make_article().slug}/comments/", NEW, Idempotency_Key=key)
    problem_of(answer, 400, "invalid_idempotency_key")
    assert not Comment.objects.exists()


def test_the_longest_key() -> None:
    key = "~ " * 100
    assert Program().post(f"articles/{make_article().slug}/comments/", NEW, Idempotency_Key=key).status_code == 201


def test_somebody_elses_same_words_give_no_token_away() -> None:
    article = make_article()
    Program().post(f"articles/{article.slug}/comments/", NEW)
    answer = Program(ip="203.0.113.9").post(f"articles/{article.slug}/comments/", NEW)
    problem_of(answer, 409, "duplicate")
    assert b"edit_token" not in answer.content
    assert Comment.objects.count() == 1


def test_trust_comes_with_the_browsers_cookie_unless_another_site_sends_it() -> None:
    article, commenter = make_article(), make_commenter()
    from django.http import HttpResponse

    response = HttpResponse()
    identity.remember(response, commenter)
    cookie = f"{identity.COOKIE}={response.cookies[identity.COOKIE].value}"
    Program(Cookie=cookie).post(f"articles/{article.slug}/comments/", {**NEW, "body": "Satu."})
    Program(Cookie=cookie, Sec_Fetch_Site="same-origin").post(f"articles/{article.slug}/comments/", {**NEW, "body": "Dua."})
    Program(Cookie=cookie, Sec_Fetch_Site="cross-site").post(f"articles/{article.slug}/comments/", {**NEW, "body": "Tiga."})
    found = dict(Comment.objects.values_list("body_raw", "commenter"))
    assert found == {"Satu.": commenter.pk, "Dua.": commenter.pk, "Tiga.": None}


def test_an_account_is_known_by_token_and_by_session() -> None:
    article, user = make_article(), make_user()
    as_user(user).post(f"articles/{article.slug}/comments/", {**NEW, "body": "Satu."})
    program = Program()
    program.http.force_login(user)
    program.post(f"articles/{article.slug}/comments/", {**NEW, "body": "Dua."})
    commenter = Commenter.objects.get(user=user)
    assert dict(Comment.objects.values_list("body_raw", "commenter")) == {"Satu.": commenter.pk, "Dua.": commenter.pk}


# --- what cannot be read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"body": "\\u0000"}', "unstorable"),
        (b'{"body": "\\ud800"}', "unstorable"),
        (b'{"body": "a\\udfff\\ud800b"}', "unstorable"),
        (b'{"\\u0000": 1}', "unstorable"),
        (b'{"a": {"b": [{"c": "\\u0000"}]}}', "unstorable"),
        (b'{"a": {"\\udc00": 1}}', "unstorable"),
        (b'{"body": "\xff"}', "not_utf8"),
        ('{"body": "é"}'.encode("utf-16"), "unstorable"),
        (b"[1]", "not_an_object"),
        (b'"a"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"1", "not_an_object"),
        (b"{", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b'{"a": NaN}', "invalid_json"),
        (b'{"a": -Infinity}', "invalid_json"),
        (b'{"a": 1, "a": 2}', "invalid_json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "invalid_json"),
        (b'{"a": ' + b"[" * 50 + b"]" * 50 + b"}", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b'{"a": "\n"}', "invalid_json"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
    ],
)
def test_strict_json(raw: bytes, code: str) -> None:
    answer = Program().call("POST", f"articles/{make_article().slug}/comments/", raw=raw)
    content = json.loads(answer.content)
    assert answer.status_code == 400
    assert content.get("code", "unstorable") == code
    assert not Comment.objects.exists()


def test_raw_broken_bytes_are_refused_before_anybody_reads_them() -> None:
    for raw in (b'{"body": "\x00"}', b'{"body": "\xed\xa0\x80"}'):
        problem_of(Program().call("POST", f"articles/{make_article().slug}/comments/", raw=raw), 400, "unstorable")
    for path in ("articles/?cursor=%00", "articles/?cursor=%ED%A0%80", "articles/%ED%A0%80/", "articles/%00/"):
        problem_of(Program().get(path), 400, "unstorable")


def test_a_pair_of_surrogates_is_a_letter() -> None:
    answer = Program().call("POST", f"articles/{make_article().slug}/comments/", raw=json.dumps({**NEW, "body": "\U0001f600 ya"}).encode())
    assert answer.json()["body_text"] == "\U0001f600 ya"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/json; charset=latin-1", "json"],
)
def test_only_json_is_read(kind: str) -> None:
    answer = Program().call("POST", f"articles/{make_article().slug}/comments/", NEW, content_type=kind)
    problem_of(answer, 415, "unsupported_media_type")
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", 'application/json; charset="UTF-8"', "application/json;charset=utf-8"]
)
def test_json_by_any_of_its_names(kind: str) -> None:
    assert Program().call("POST", f"articles/{make_article().slug}/comments/", NEW, content_type=kind).status_code == 201


def test_too_large() -> None:
    raw = json.dumps({**NEW, "body": "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}).encode()
    problem_of(Program().call("POST", f"articles/{make_article().slug}/comments/", raw=raw), 413, "too_large")
    assert not Comment.objects.exists()


def test_five_thousand_characters_fit_in_any_spelling() -> None:
    raw = json.dumps({**NEW, "body": "\U0001f600" * 5_000}, ensure_ascii=True).encode()
    assert Program().call("POST", f"articles/{make_article().slug}/comments/", raw=raw).status_code == 201


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NEW, "x"]), inner, max_size=5),
        max_leaves=12,
    )
)
def test_no_document_breaks_the_door(document: Any) -> None:
    article = Article.objects.first() or make_article()
    answer = Program().post(f"articles/{article.slug}/comments/", document)
    assert answer.status_code in {201, 400, 409, 415, 429}


# --- one comment ------------------------------------------------------------------------------------------------------------


def test_anybody_reads_what_is_public() -> None:
    top = make_comment()
    reply = make_comment(top.article, parent=top)
    answer = Program().get(f"comments/{reply.public_id}/")
    assert set(answer.json()) == PUBLIC
    assert (answer.json()["parent"], answer.json()["article"], answer.json()["status"]) == (top.public_id, top.article.slug, "approved")
    assert Program().get(f"comments/{reply.public_id}/", If_None_Match=answer["ETag"]).status_code == 304
    holds(answer.json(), "Comment")


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN])
def test_what_is_not_public_is_for_its_author_and_moderators(status: Status) -> None:
    comment = make_comment(status=status)
    path = f"comments/{comment.public_id}/"
    never = problem_of(Program().get("comments/zzzzzzzzzzzzzzzz/"), 404, "not_found")
    wrong = Program(edit_token(make_comment()))
    for program in (Program(), wrong, Program("EditToken x"), Program("EditToken "), as_user(make_user())):
        assert problem_of(program.get(path), 404, "not_found") == never
    mine = Program(edit_token(comment)).get(path)
    assert mine.json()["status"] == status
    assert mine["Cache-Control"] == "no-store"
    holds(mine.json(), "AuthorsComment")
    theirs = as_user(make_decider()).get(path)
    assert theirs.json()["status"] == status
    assert set(theirs.json()) == PUBLIC
    assert theirs["Cache-Control"] == "no-store"
    assert b"@contoh" not in mine.content + theirs.content


def test_a_moderator_of_another_section_is_anybody() -> None:
    from moderation.models import Scope

    comment, other = make_comment(status=Status.HELD), make_section()
    moderator = make_decider()
    Scope.objects.create(moderator=moderator, publication=other.publication, section=other)
    problem_of(as_user(moderator).get(f"comments/{comment.public_id}/"), 404, "not_found")


def test_a_token_that_is_not_valid() -> None:
    comment = make_comment()
    answer = Program("Token nonsense").get(f"comments/{comment.public_id}/")
    problem_of(answer, 401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "Token"
    user = make_user(is_active=False)
    problem_of(Program(f"Token {Token.objects.create(user=user).key}").get("articles/"), 401, "authentication_failed")


def test_edit() -> None:
    comment = make_comment(status=Status.APPROVED, body="Lama.")
    answer = Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Baru <b>ini</b>."})
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["body"], answer.json()["body_html"]) == (
        "pending", "Baru <b>ini</b>.", "<p>Baru &lt;b&gt;ini&lt;/b&gt;.</p>",
    )  # fmt: skip
    assert answer.json()["edited_at"]
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body_raw) == (Status.PENDING, 2, "Baru <b>ini</b>.")
    assert list(Revision.objects.values_list("number", "body_raw")) == [(1, "Lama.")]
    assert Thread.objects.get(pk=comment.article_id).comment_count == 0
    holds(answer.json(), "AuthorsComment")


def test_an_edit_that_changes_nothing_is_none() -> None:
    comment = make_comment(body="Sama.")
    answer = Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Sama."})
    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    assert not Revision.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("body", "required")),
        ({"body": None}, ("body", "required")),
        ({"body": " "}, ("body", "required")),
        ({"body": 1}, ("body", "not_a_string")),
        ({"body": "a" * 5_001}, ("body", "max_length")),
        ({"body": "Baru.", "author_name": "Lain"}, ("author_name", "read_only")),
        ({"body": "Baru.", "author_email": "x@contoh.example"}, ("author_email", "read_only")),
    ],
)
def test_an_edit_changes_the_text_alone(body: dict[str, object], error: tuple[str, str]) -> None:
    comment = make_comment(body="Lama.")
    before = Comment.objects.filter(pk=comment.pk).values().get()
    assert errors_of(Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", body)) == {error}
    assert Comment.objects.filter(pk=comment.pk).values().get() == before


def test_withdraw() -> None:
    comment = make_comment()
    reply = make_comment(comment.article, parent=comment)
    answer = Program(edit_token(comment)).delete(f"comments/{comment.public_id}/")
    assert (answer.status_code, answer.content) == (204, b"")
    comment.refresh_from_db()
    assert comment.status == Status.WITHDRAWN
    assert Program(edit_token(comment)).delete(f"comments/{comment.public_id}/").status_code == 204
    problem_of(Program().get(f"comments/{comment.public_id}/"), 404, "not_found")
    shown = Program().get(f"articles/{comment.article.slug}/comments/").json()["results"][0]
    assert (shown["status"], shown["body_text"], shown["replies"][0]["id"]) == ("removed", "", reply.public_id)
    problem_of(Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Lagi."}), 409, "not_editable")


@pytest.mark.parametrize("act", ["PATCH", "DELETE"])
@pytest.mark.parametrize("status", [Status.APPROVED, Status.HELD])
@pytest.mark.parametrize("who", ["nobody", "wrong", "moderator"])
def test_nobody_else_changes_a_comment(act: str, status: Status, who: str) -> None:
    comment = make_comment(status=status)
    program = {"nobody": Program(), "wrong": Program(edit_token(make_comment())), "moderator": as_user(make_decider())}[who]
    before = Comment.objects.filter(pk=comment.pk).values().get()
    answer = program.call(act, f"comments/{comment.public_id}/", {"body": "Dicuri."})
    if status == Status.HELD:
        problem_of(answer, 404, "not_found")
    elif who == "nobody":
        problem_of(answer, 401, "not_authenticated")
        assert answer["WWW-Authenticate"] == "EditToken"
    else:
        problem_of(answer, 403, "wrong_edit_token")
    assert Comment.objects.filter(pk=comment.pk).values().get() == before


@pytest.mark.parametrize("act", ["PATCH", "DELETE"])
def test_the_window_closes(act: str) -> None:
    late = timezone.now() - timedelta(minutes=settings.COMMENT_EDIT_MINUTES, seconds=1)
    comment = make_comment(created_at=late)
    answer = Program(edit_token(comment)).call(act, f"comments/{comment.public_id}/", {"body": "Terlambat."})
    problem_of(answer, 403, "edit_window_closed")
    comment.refresh_from_db()
    assert (comment.status, comment.revision) == (Status.APPROVED, 1)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.SPAM])
def test_a_refused_comment_cannot_be_changed(status: Status) -> None:
    comment = make_comment(status=status)
    for act in ("PATCH", "DELETE"):
        problem_of(Program(edit_token(comment)).call(act, f"comments/{comment.public_id}/", {"body": "Lagi."}), 409, "not_editable")
    comment.refresh_from_db()
    assert (comment.status, comment.revision) == (status, 1)


def test_a_verdict_in_between_does_not_stop_the_author(monkeypatch: pytest.MonkeyPatch) -> None:
    from comments import api, submission

    comment = make_comment(status=Status.PENDING, body="Lama.")
    original = submission.edit
    calls: list[bool] = []

    def edit_late(present: Comment, body: str) -> Comment:
        if not calls:
            calls.append(Comment.objects.get(pk=comment.pk).move_to(Status.APPROVED))
        return original(present, body)

    monkeypatch.setattr(api, "edit", edit_late)
    answer = Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Baru."})
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    comment.refresh_from_db()
    assert (comment.status, comment.revision, comment.body_raw) == (Status.PENDING, 2, "Baru.")


def test_a_comment_that_never_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    from comments import api
    from comments.submission import ChangedMeanwhile

    def never(present: Comment, body: str) -> Comment:
        raise ChangedMeanwhile

    monkeypatch.setattr(api, "edit", never)
    comment = make_comment()
    problem_of(Program(edit_token(comment)).patch(f"comments/{comment.public_id}/", {"body": "Baru."}), 409, "changed_meanwhile")


def test_edits_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_EDIT_LIMITS", ((2, 60),))
    comment = make_comment()
    program = Program(edit_token(comment))
    for number in range(2):
        assert program.patch(f"comments/{comment.public_id}/", {"body": f"Nomor {number}."}).status_code == 200
    answer = program.patch(f"comments/{comment.public_id}/", {"body": "Nomor 3."})
    problem_of(answer, 429, "too_fast")
    assert int(answer["Retry-After"]) in range(1, 61)
    comment.refresh_from_db()
    assert comment.body_raw == "Nomor 1."


# --- reactions ----------------------------------------------------------------------------------------------------------------


def test_reactions_count_each_client_once() -> None:
    comment = make_comment()
    path = f"comments/{comment.public_id}/reaction/"
    version = Thread.objects.get(pk=comment.article_id).version
    one, two = Program(), Program(ip="203.0.113.9")
    assert [(answer.status_code, answer.json()) for answer in (one.put(path), one.put(path), two.put(path))] == [
        (201, {"reactions": 1}), (200, {"reactions": 1}), (201, {"reactions": 2}),
    ]  # fmt: skip
    assert Thread.objects.get(pk=comment.article_id).version == version + 2
    assert [one.delete(path).status_code for _ in range(2)] == [204, 204]
    comment.refresh_from_db()
    assert (comment.reaction_count, Reaction.objects.count()) == (1, 1)
    assert Program().get(f"comments/{comment.public_id}/").json()["reactions"] == 1


@pytest.mark.parametrize("status", [Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN])
def test_no_reaction_to_what_is_not_public(status: Status) -> None:
    comment = make_comment(status=status)
    problem_of(Program().put(f"comments/{comment.public_id}/reaction/"), 404, "not_found")
    problem_of(Program().delete(f"comments/{comment.public_id}/reaction/"), 404, "not_found")
    assert not Reaction.objects.exists()


def test_reactions_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "COMMENT_REACTION_LIMITS", ((1, 60),))
    comment = make_comment()
    Program().put(f"comments/{comment.public_id}/reaction/")
    problem_of(Program(User_Agent="other").put(f"comments/{comment.public_id}/reaction/"), 429, "too_fast")
    comment.refresh_from_db()
    assert comment.reaction_count == 1


# --- methods, schema, documentation ---------------------------------------------------------------------------------------------


def test_head_options_and_other_methods() -> None:
    program = Program()
    comment = make_comment()
    assert program.call("HEAD", "articles/").status_code == 200
    answer = program.call("OPTIONS", f"comments/{comment.public_id}/")
    assert (answer.status_code, answer["Allow"]) == (204, "GET, PATCH, DELETE, HEAD, OPTIONS")
    for path in ("articles/", f"articles/{comment.article.slug}/", f"comments/{comment.public_id}/replies/"):
        answer = program.put(path)
        problem_of(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD, OPTIONS"


def test_any_accept_is_answered_with_json() -> None:
    for accept in ("text/html", "application/xml", "application/problem+json", "nonsense"):
        answer = Program(Accept=accept).get("articles/")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_the_schema_is_valid_and_served_as_json_and_yaml() -> None:
    answer = Program().get("schema/")
    assert answer["Content-Type"] == "application/json"
    document = answer.json()
    validate_schema(document)  # type: ignore[no-untyped-call]
    assert document["openapi"].startswith("3.")
    for asked in (Program().get("schema/?format=yaml"), Program(Accept="application/yaml").get("schema/")):
        assert asked["Content-Type"].startswith("application/yaml")
        assert asked.content.startswith(b"openapi: 3.")
    assert set(document["components"]["securitySchemes"]) == {"editToken", "tokenAuth", "apiKey"}


def test_every_address_of_the_api_stands_in_the_schema() -> None:
    from comments.api_urls import urlpatterns as ours
    from moderation.api_urls import urlpatterns as theirs

    silent = {"api-schema", "api-docs", "api-missing"}
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/api/v1/{route.pattern}") for route in [*ours, *theirs] if route.name not in silent}
    assert routes == set(read_schema()["paths"])


def test_the_documentation_names_every_operation_and_loads_nothing_from_elsewhere() -> None:
    answer = Program().get("docs/")
    page = answer.content.decode()
    assert answer.status_code == 200
    for path, methods in read_schema()["paths"].items():
        for method, operation in methods.items():
            assert f'id="{operation["operationId"]}"' in page
            assert f"<b>{method.upper()}</b> {path}" in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//(?!testserver)[^"]*"', page)
    assert 'style="' not in page
