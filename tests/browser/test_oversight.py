"""Looking back at the desk, and measures against people: by keyboard, before axe, and without scripts."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import audit, sanctions
from moderation.decisions import decide
from moderation.models import Decision, Sanction, SecondLook
from tests.browser.conftest import Visit
from tests.browser.driver import status_of
from tests.browser.people import DEWI, held, log_in, make_story, moderator, reply, send
from tests.browser.scenes import fill_queue
from tests.browser.test_axe import violations
from tests.factories import make_comment, make_commenter

DESK = "/admin/moderation/"


def editor(name: str, first_name: str) -> User:
    user = moderator(name, first_name)
    user.user_permissions.add(*Permission.objects.filter(codename__in=["audit", "impose", "ban"]))
    return User.objects.get(pk=user.pk)


def test_every_page_of_looking_back_before_axe(visit: Visit) -> None:
    story = make_story()
    fill_queue(story)
    sari, ratna = moderator("sari", "Sari"), editor("ratna", "Ratna")
    comment = held(story, "Dasar pemalas semua.", "Rudi")
    decision = decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=sari, notify=False)
    other = make_comment(story, commenter=make_commenter())
    measure = sanctions.impose(other, sari, "suspension", days=7, reason="insulting", statement="Tolong sopan.")
    sanctions.object_to(measure, "Itu bukan hinaan.")
    audit.record(ratna, ratna, "uji")
    SecondLook.objects.create(decision=decision, reviewer=ratna, outcome="approved", answered_at=timezone.now())
    desk = visit()
    log_in(desk, ratna, to=f"{DESK}dashboard/")
    pages = ("dashboard/?period=week", "log/", "log/year/", "quality/", "quality/second-look/", "people/")
    for page in (*pages, f"people/{other.public_id}/", f"people/measures/{measure.pk}/"):
        desk.page.set_viewport_size({"width": 1280, "height": 900})
        assert desk.open(f"{DESK}{page}") == 200
        assert violations(desk) == {}, page


def test_a_second_look_and_a_measure_by_keyboard_without_scripts(visit: Visit) -> None:
    story = make_story()
    sari, budi = moderator("sari", "Sari"), editor("budi", "Budi")
    comment = held(story, "Dasar pemalas semua.", "Rudi")
    Comment.objects.filter(pk=comment.pk).update(commenter=make_commenter())
    decide(comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=sari, notify=False)
    desk = visit(java_script_enabled=False)
    log_in(desk, budi, to=f"{DESK}quality/second-look/")
    page = desk.page
    page.get_by_role("button", name="Tolak").focus()
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 200
    assert SecondLook.objects.get().outcome == "rejected"
    page.get_by_role("link", name="Buka komentar").focus()
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 200
    page.get_by_role("link", name="Orang: riwayat dan tindakan").focus()
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 200
    page.locator("[name=measure]").select_option("suspension:7")
    page.locator("[name=reason]").select_option("insulting")
    page.get_by_role("button", name="Jatuhkan").focus()
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 400  # no words to the person
    assert page.locator("[name=measure]").input_value() == "suspension:7"
    page.locator("[name=statement]").fill("Tolong sopan kepada pembaca lain.")
    page.get_by_role("button", name="Jatuhkan").focus()
    assert status_of(page, lambda: page.keyboard.press("Enter")) == 200
    assert Sanction.objects.get().statement == "Tolong sopan kepada pembaca lain."


def test_the_person_reads_of_it_at_the_form_and_objects(visit: Visit) -> None:
    story = make_story()
    budi = editor("budi", "Budi")
    reader = visit(java_script_enabled=False)
    reader.open(story.get_absolute_url())
    comment = reply(reader, "Jembatan itu akhirnya jadi.", **DEWI)
    sanctions.impose(comment, budi, "suspension", days=7, reason="insulting", statement="Tolong sopan kepada pembaca lain.")
    reader.open(story.get_absolute_url())
    reader.page.locator(".reply-form [name=comment]").fill("Saya menulis lagi.")
    for name, value in DEWI.items():
        reader.page.locator(f".reply-form [name={name}]").fill(value)
    assert send(reader) == 403
    assert reader.page.locator(".reply-form [name=comment]").input_value() == "Saya menulis lagi."
    assert reader.page.get_by_text("hinaan atau ancaman").count() > 0
    reader.open("/saya/")
    reader.page.get_by_role("link", name="Ajukan keberatan").click()
    reader.page.locator("[name=text]").fill("Itu bukan hinaan.")
    assert status_of(reader.page, reader.page.get_by_role("button", name="Kirim keberatan").click) == 200
    assert Sanction.objects.get().objection == "Itu bukan hinaan."
