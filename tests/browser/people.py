"""What readers and moderators do in a browser, step by step, and waiting for what the worker does meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.utils import translation
from django.utils.translation import gettext

from comments.models import Comment
from comments.states import Status
from moderation.classifiers.phrases import parse
from moderation.decisions import decide
from moderation.models import Decision, Finding, Phrase
from newsroom.models import Article, Publication
from tests.browser.driver import Visitor, mails_to, status_of
from tests.environment import RUN_DIR
from tests.factories import end_undo_time, make_article, make_comment, make_moderator, make_section
from tests.processes import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Response

MAIL_DIR = RUN_DIR / "mail"
PASSWORD = "sandi-yang-panjang"
QUEUE = "/admin/moderation/queue/"
DEWI = {"author": "Dewi Lestari", "email": "dewi@contoh.example"}
RUDI = {"author": "Rudi", "email": "rudi@contoh.example"}


def make_story(**fields: object) -> Article:
    """An article of a newspaper, as a reader finds it."""
    publication = Publication.objects.create(name="Kabar Nusantara", slug="kabar-nusantara", tagline="Dari tepi ke tengah")
    section = make_section(publication=publication, name="Nasional", slug="nasional")
    plain: dict[str, object] = {
        "slug": "jembatan-kampung-hulu",
        "title": "Jembatan Kampung Hulu dibuka sebulan lebih cepat",
        "lead": "Warga tidak lagi memutar dua belas kilometer.",
        "body": "Jembatan gantung itu selesai pekan ini.\n\n## Sebulan lebih cepat\n\nCuaca kering mempercepat pekerjaan.",
        "byline": "Ratna Wijaya",
    }
    return make_article(section=section, **{**plain, **fields})


def fill(visitor: Visitor, **typed: str) -> None:
    """Type into the fields of the form on the page, by their names."""
    for name, value in typed.items():
        visitor.page.locator(f".reply-form [name={name}]").fill(value)


ADVISED = 202  # what `send` says where the reply was not sent yet, since the page names words for which it would wait


def send(visitor: Visitor) -> int:
    """Press "Kirim Komentar"; the status of the page that comes, or what a page would have had where the script put the answer in."""
    page = visitor.page
    button = page.get_by_role("button", name="Kirim Komentar")
    if not visitor.scripts:
        return status_of(page, button.click)
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url.endswith("/balasan/")) as waited:
        button.click()
    if waited.value.headers.get("content-type") != "application/json":
        return waited.value.status
    content = waited.value.json()
    if "check" in content:
        page.locator(".check:focus").wait_for()
        return ADVISED
    if "form" in content:
        page.locator(".problems:focus").wait_for()
        return 400
    page.locator(".comment-mine:focus").wait_for()
    return 200


def reply(visitor: Visitor, text: str, **typed: str) -> Comment:
    """Fill in and send the form on the page, advice or not; the comment that came of it, once the checks are done with it."""
    fill(visitor, comment=text, **typed)
    status = send(visitor)
    assert (send(visitor) if status == ADVISED else status) == 200
    public_id = visitor.page.url.partition("#komentar-")[2]
    return screened(Comment.objects.get(public_id=public_id))


def screened(comment: Comment) -> Comment:
    """Wait until the worker has decided."""
    wait_for(lambda: not Comment.objects.filter(pk=comment.pk, status=Status.PENDING).exists())
    comment.refresh_from_db()
    return comment


def moderator(name: str, first_name: str) -> User:
    """Somebody who may decide."""
    user = make_moderator(name, first_name=first_name)
    user.user_permissions.add(Permission.objects.get(codename="decide"))
    return user


def log_in(visitor: Visitor, user: User, to: str = QUEUE) -> None:
    """By the admin's log-in page, with the keyboard."""
    visitor.open(to)
    assert visitor.page.url == f"{visitor.base_url}/admin/login/?next={quote(to)}"
    visitor.page.locator("#id_username").fill(user.get_username())
    visitor.page.locator("#id_password").fill(PASSWORD)
    assert status_of(visitor.page, lambda: visitor.page.keyboard.press("Enter")) == 200
    assert visitor.page.url == f"{visitor.base_url}{to}"


def opened(visitor: Visitor) -> str:
    """The public id of the comment that stands open on the desk, or an empty string."""
    item = visitor.page.locator("#opened")
    return item.get_attribute("data-id") or "" if item.count() else ""


def act(visitor: Visitor, keys: str) -> int:
    """Press keys on the desk of which the last one loads a page or sends a decision; the status of the answer, once the desk has it."""
    *before, last = keys.split()
    visitor.press(" ".join(before))
    page = visitor.page
    page.evaluate("() => { document.documentElement.dataset.old = ''; }")

    def settles(response: Response) -> bool:
        loads = response.request.is_navigation_request() and not 300 <= response.status < 400
        return loads or ("/decide/" in response.url and not response.request.is_navigation_request())

    with page.expect_response(settles) as waited:
        page.keyboard.press(last)
    # A new page is there some time after its answer, and between the two a document has no root for a moment.
    there = "root && !('old' in root.dataset)" if waited.value.request.is_navigation_request() else "root"
    page.wait_for_function(f"() => {{ const root = document.documentElement; return {there} && root.dataset.deskPending === '0'; }}")
    page.wait_for_load_state()
    return waited.value.status


def held(article: Article, body: str, author: str, *findings: Finding, priority: float = 0.5) -> Comment:
    """A comment that the checks have held; the higher the priority, the sooner it is handed out."""
    comment = make_comment(article, status=Status.PENDING, body=body, author_name=author)
    decide(comment, Status.HELD, kind=Decision.Kind.SCREENING, reason="new_author", priority=priority, findings=findings, notify=False)
    return comment


def load_starter_phrases() -> None:
    """The phrase list that an installation begins with."""
    lines = parse((settings.BASE_DIR / "moderation" / "phrases" / "starter.csv").read_text())
    actions = {True: Phrase.Action.BANNED, False: Phrase.Action.SUSPECT}
    Phrase.objects.bulk_create(
        Phrase(pattern=line.pattern, action=actions[line.banned], kind=line.kind, severity=line.severity) for line in lines
    )


def mails(address: str, count: int) -> list[str]:
    """The mails that the worker has written to an address, once there are so many. What could still be taken back no longer can be."""
    end_undo_time()
    return wait_for(lambda: found if len(found := mails_to(MAIL_DIR, address)) >= count else [])


def words(text: str, **values: str) -> str:
    """A sentence of the desk in Indonesian."""
    with translation.override("id"):
        return gettext(text) % values if values else gettext(text)
