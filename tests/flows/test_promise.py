"""The promise under the form: "Alamat email Anda tidak akan dipublikasikan." A canary address is looked for wherever bytes go out."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import httpx
import redis
from rest_framework.authtoken.models import Token

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Announcement, Notice
from tests.environment import RUN_DIR
from tests.factories import end_undo_time, make_article, make_moderator, make_user
from tests.flows.test_reply import screened
from tests.processes import RedisServer, Stack, wait_for

FORM, API = "kenari.form@rahasia-formulir.example", "kenari.api@rahasia-program.example"
ACCOUNT = "kenari.akun@rahasia-akun.example"
PASSWORD = "burung-di-tambang"


def traces(address: str) -> list[str]:
    """The address, and what would give it away to somebody who has a list of addresses to try."""
    forms = {address, address.upper(), address.replace("@", "%40"), address.replace("@", "&#64;"), address.split("@")[1]}
    for spelling in (address, f"mailto:{address}"):
        raw = spelling.encode()
        forms |= {hashlib.new(kind, raw).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")}
        forms |= {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("="), raw.hex()}
    return sorted(forms)


def check_clean(what: str, text: str, but: str = "") -> None:
    for address in (FORM, API, ACCOUNT):
        if address == but:
            continue
        for trace in traces(address):
            assert trace.lower() not in text.lower(), f"{what} gives away {trace}"


def test_an_address_leaves_by_no_door(stack: Stack, redis_server: RedisServer) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as stranger:
        text = "Sebuah balasan dari orang yang tidak ingin alamatnya tersebar."
        data = {"comment": text, "author": "Kenari", "email": FORM, "url": "https://kenari.example"}
        answer = author.post(f"/artikel/{article.slug}/balasan/", data=data)
        assert answer.status_code == 303
        check_clean("the answer's head", str(answer.headers))
        body = {"author_name": "Kenari", "author_email": API, "body": "Balasan lain, kali ini lewat API.", "parent": None}
        sent = author.post(f"/api/v1/articles/{article.slug}/comments/", json=body, headers={"Idempotency-Key": "kenari-1"})
        assert sent.status_code == 201
        check_clean("the API's answer", sent.text + str(sent.headers))
        comments = [screened(comment) for comment in Comment.objects.order_by("id")]
        pages: dict[str, httpx.Response] = {"waiting": author.get(article.get_absolute_url())}

        own_page = author.get("/saya/")
        pages["own page"], pages["nobody's own page"] = own_page, stranger.get("/saya/")
        asked = author.post("/saya/alamat/", data={"email": FORM, "csrfmiddlewaretoken": csrf_token(own_page)})
        pages["asked for a link"] = asked
        assert asked.status_code == 303
        wait_for(lambda: [mail for mail in mails_to(FORM) if "/saya/alamat/" in mail])
        link = re.search(r"/saya/alamat/\S+", next(mail for mail in mails_to(FORM) if "/saya/alamat/" in mail))
        assert link is not None
        pages["somebody else's link"] = stranger.get(link[0])
        check_clean("the link", link[0])
        confirmed = author.post(link[0], data={"csrfmiddlewaretoken": csrf_token(author.get(link[0]))})
        assert confirmed.status_code == 303
        pages["confirmed"] = confirmed
        author.post("/saya/kabar/", data={"balasan": "ya", "keputusan": "ya", "csrfmiddlewaretoken": csrf_token(author.get("/saya/"))})
        assert FORM in author.get("/saya/data/").text  # the owner may have it

        with stack.client() as member:
            follow_with_an_account(member, article.get_absolute_url(), pages)
        token = Token.objects.create(user=make_moderator("sari"))
        outsider = Token.objects.create(user=make_user("orang-luar"))
        wait_for(all_is_sent)
        with stack.client(headers={"Authorization": f"Token {token.key}"}) as moderator:
            queue = moderator.get("/api/v1/moderation/queue/")
            assert {row["author_email"] for row in queue.json()["results"]} == {FORM, API}
            for comment in comments:
                decided = moderator.post(
                    f"/api/v1/moderation/comments/{comment.public_id}/decisions/",
                    json={"outcome": "approve", "revision": comment.revision},
                )
                assert decided.status_code == 201
        assert Comment.objects.filter(status=Status.APPROVED).count() == 2

        for path in ("/", article.section.get_absolute_url(), article.get_absolute_url(), "/feed/", "/sitemap.xml", "/metrics", "/readyz"):
            pages[path] = stranger.get(path)
        for path in (
            f"/artikel/{article.slug}/feed/",
            f"{article.get_absolute_url()}?urut=terbaik",
            f"{article.get_absolute_url()}?balas={comments[0].public_id}",
            f"{article.get_absolute_url()}?utas={comments[0].public_id}",
            f"/komentar/{comments[0].public_id}/laporkan/",
            "/api/v1/articles/",
            f"/api/v1/articles/{article.slug}/",
            f"/api/v1/articles/{article.slug}/comments/",
            f"/api/v1/comments/{comments[0].public_id}/",
            f"/api/v1/comments/{comments[1].public_id}/",
            "/api/v1/schema/",
        ):
            pages[path] = stranger.get(path)
            assert pages[path].status_code == 200, path
        with stack.client(headers={"Authorization": f"Token {outsider.key}"}) as plain:
            for path in ("/api/v1/moderation/queue/", f"/api/v1/moderation/comments/{comments[0].public_id}/"):
                pages[f"outsider {path}"] = plain.get(path)
                assert pages[f"outsider {path}"].status_code in {403, 404}
            pages["outsider comment"] = plain.get(f"/api/v1/comments/{comments[0].public_id}/")
        answer_to = {"comment": "Balasan untuk Kenari.", "author": "Merpati", "email": API, "comment_parent": comments[0].public_id}
        assert stranger.post(f"/artikel/{article.slug}/balasan/", data=answer_to).status_code == 303
        below = screened(Comment.objects.latest("id"))
        wait_for(all_is_sent)
        decide(below, Status.APPROVED, kind="person", reason="fine", moderator=token.user)
        retry = stranger.post(f"/artikel/{article.slug}/balasan/", data=data)
        pages["retry"] = retry
        for name, page in pages.items():
            check_clean(name, page.text + str(page.headers))

    # The account's link, and three replies under an article that it follows.
    wait_for(all_is_sent)
    assert (len(mails_to(FORM)), len(mails_to(API)), len(mails_to(ACCOUNT))) == (4, 4, 4)
    for address in (FORM, API, ACCOUNT):
        for mail in mails_to(address):
            check_clean(f"a mail to {address}", mail, but=address)
            assert mail.count(address) == 1  # in the head, and nowhere in the text
    check_clean("the logs", stack.logs())
    check_clean("Redis", whole_redis(redis_server))
    names = [str(path) for path in RUN_DIR.rglob("*")]
    check_clean("a file name", "\n".join(names))


def all_is_sent() -> bool:
    """That a comment waits, too, before somebody decides it: later there would be no mail about it."""
    end_undo_time()
    return not (Notice.objects.filter(state=Notice.State.DUE).exists() or Announcement.objects.exists())


def follow_with_an_account(member: httpx.Client, article: str, pages: dict[str, httpx.Response]) -> None:
    """Make an account, confirm it and follow the thread; what the pages on the way say is looked at with the others."""
    form = {"name": "Kenari", "email": ACCOUNT, "password1": PASSWORD, "csrfmiddlewaretoken": csrf_token(member.get("/akun/daftar/"))}
    pages["signed up"] = member.post("/akun/daftar/", data=form)
    pages["look into your mail"] = member.get("/akun/daftar/periksa-email/")
    link = wait_for(lambda: [found[0] for mail in mails_to(ACCOUNT) if (found := re.search(r"/akun/konfirmasi/\S+", mail))])[0]
    check_clean("the account's link", link)
    confirm = {"csrfmiddlewaretoken": csrf_token(member.get(link))}
    pages["confirmed the account"] = member.post(link, data=confirm)
    assert pages["confirmed the account"].headers["Location"] == "/saya/"
    pages["followed"] = member.post(f"{article}ikuti/", data={"csrfmiddlewaretoken": csrf_token(member.get(f"{article}ikuti/"))})
    assert pages["followed"].status_code == 303


def csrf_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found is not None
    return found[1]


def mails_to(address: str) -> list[str]:
    folder = Path(RUN_DIR / "mail")
    if not folder.exists():
        return []
    mails = [mail for path in folder.iterdir() for mail in re.split(r"^-{60,}$", path.read_text(), flags=re.MULTILINE)[:-1]]
    return [mail for mail in mails if f"To: {address}" in mail]


def whole_redis(server: RedisServer) -> str:
    """Every key and value, and the append-only file with what was there before."""
    client = redis.Redis.from_url(server.url)
    # DUMP gives any kind of value as bytes; short strings stand in it as they are.
    parts = [f"{key!r} {client.dump(key)!r}" for key in client.scan_iter()]
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    return "\n".join(parts + [path.read_bytes().decode(errors="replace") for path in files])
