"""Django admin around the queue: history can be read and not changed, lists can be edited, guessing passwords is slow."""

from __future__ import annotations

from typing import Any

import pytest
import redis
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from comments.models import Comment, Revision
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision, ListedDomain, Notice, Report, Scope
from newsroom import limits
from newsroom.login import too_often_words
from tests.factories import make_comment, make_publication, make_user
from tests.moderation.desk import client_of, make_finding, make_held, make_report, member

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e\u200b'
READ_ONLY = [
    "comments_comment",
    "comments_revision",
    "moderation_decision",
    "moderation_finding",
    "moderation_report",
    "moderation_notice",
]


@pytest.fixture
def boss() -> Client:
    return client_of(make_user(is_staff=True, is_superuser=True))


@pytest.fixture
def history() -> Comment:
    """One row in each list of the history, hostile wherever a stranger could type."""
    comment = make_held(
        author_name=HOSTILE[:80],
        author_url=HOSTILE,
        body=HOSTILE,
        findings=[make_finding(words=[HOSTILE], detail={"x": HOSTILE}, spans=[[0, 3, HOSTILE]])],
    )
    make_report(comment, detail=HOSTILE)
    Revision.objects.create(comment=comment, number=1, body_raw=HOSTILE)
    decision = decide(
        comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", note=HOSTILE, moderator=make_user("tono"), notify=False
    )
    Notice.objects.create(comment=comment, decision=decision, recipient="x")
    return comment


def rows_of(name: str) -> Any:
    label, model = name.split("_")
    return next(one for one in admin.site._registry if (one._meta.app_label, one._meta.model_name) == (label, model))._default_manager.all()


@pytest.mark.parametrize("name", READ_ONLY)
def test_history_is_read_and_not_written_even_by_a_superuser(boss: Client, history: Comment, name: str) -> None:
    row = rows_of(name)[0]
    before = list(rows_of(name).values())
    listed = boss.get(reverse(f"admin:{name}_changelist"))
    shown = boss.get(reverse(f"admin:{name}_change", args=[row.pk]))
    for page in (listed, shown):
        assert page.status_code == 200
        source = page.content.decode()
        assert "<script>alert" not in source
        assert "<img src=x" not in source
    assert reverse("queue-item", args=[history.public_id]) in shown.content.decode()
    assert boss.get(reverse(f"admin:{name}_add")).status_code == 403
    assert boss.post(reverse(f"admin:{name}_change", args=[row.pk]), {"status": "approved", "note": "x"}).status_code == 403
    assert boss.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    boss.post(reverse(f"admin:{name}_changelist"), bulk)
    assert list(rows_of(name).values()) == before


def test_hidden_characters_are_labelled_in_the_lists_as_well(boss: Client, history: Comment) -> None:
    source = boss.get(reverse("admin:comments_comment_changelist")).content.decode()
    assert not set(source) & set("\u200b\u202e")
    assert ">RLO</span>" in source


def test_comments_can_be_searched(boss: Client) -> None:
    found, other = make_comment(body="Jembatan gantung"), make_comment(body="Pasar")
    source = boss.get(f"{reverse('admin:comments_comment_changelist')}?q=gantung").content.decode()
    assert found.public_id in source
    assert other.public_id not in source


def test_the_front_page_leads_moderators_to_the_queue(boss: Client) -> None:
    make_held()
    page = client_of(member("moderator")).get("/admin/").content.decode()
    assert f'<a href="{reverse("queue")}">' in page
    plain = client_of(make_user(is_staff=True)).get("/admin/").content.decode()
    assert reverse("queue") not in plain


def test_the_lists_of_the_admin_still_stand_beside_the_queue(boss: Client) -> None:
    assert reverse("admin:moderation_decision_changelist") == "/admin/moderation/decision/"
    assert boss.get("/admin/moderation/").status_code == 200
    assert boss.get("/admin/moderation/decision/").status_code == 200


# --- Domains ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Gacor.Example", "gacor.example"),
        (" https://www.gacor.example/daftar?x=1 ", "www.gacor.example"),
        ("gacor.example.", "gacor.example"),
        ("пример.example", "xn--e1afmkfd.example"),
    ],
)
def test_a_domain_is_kept_as_links_are_compared(given: str, kept: str) -> None:
    answer = client_of(member("editor")).post(reverse("admin:moderation_listeddomain_add"), {"domain": given, "note": ""})
    assert answer.status_code == 302
    assert ListedDomain.objects.get().domain == kept


@pytest.mark.parametrize(
    "given", ["", "localhost", "127.0.0.1", "a b.example", "http://[", "-x.example", "x" * 70 + ".example", "<b>.example"]
)
def test_what_is_no_domain_is_refused(given: str) -> None:
    answer = client_of(member("editor")).post(reverse("admin:moderation_listeddomain_add"), {"domain": given, "note": ""})
    assert answer.status_code == 200
    assert not ListedDomain.objects.exists()


# --- People -------------------------------------------------------------------------------------------------------------


def user_form(user: User, **fields: Any) -> dict[str, Any]:
    inline = {f"moderation_scopes-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS")}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    return {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        **joined,
        **inline,
        "moderation_scopes-MAX_NUM_FORMS": "9",
        **fields,
    }


def test_an_admin_makes_no_superuser_and_touches_none(boss: Client) -> None:
    keeper = client_of(member("admin"))
    user, chief = make_user("wati", is_staff=True), make_user("kepala", is_staff=True, is_superuser=True)
    address = reverse("admin:auth_user_change", args=[user.pk])
    assert keeper.post(address, user_form(user, is_superuser="on", first_name="Wati")).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_superuser) == ("Wati", False)
    assert keeper.post(reverse("admin:auth_user_change", args=[chief.pk]), user_form(chief, first_name="X")).status_code == 403
    password = {"password1": "sandi-yang-lain-lagi", "password2": "sandi-yang-lain-lagi", "usable_password": "true"}
    assert keeper.post(reverse("admin:auth_user_password_change", args=[chief.pk]), password).status_code == 403
    chief.refresh_from_db()
    assert chief.check_password("sandi-yang-panjang")
    assert boss.post(address, user_form(user, is_superuser="on")).status_code == 302
    user.refresh_from_db()
    assert user.is_superuser


def test_a_scope_is_given_on_the_persons_page() -> None:
    publication, user = make_publication(), make_user("wati", is_staff=True)
    form = user_form(user, **{"moderation_scopes-TOTAL_FORMS": "1", "moderation_scopes-0-publication": publication.pk})
    form |= {"moderation_scopes-0-section": "", "moderation_scopes-0-id": "", "moderation_scopes-0-moderator": user.pk}
    assert client_of(member("admin")).post(reverse("admin:auth_user_change", args=[user.pk]), form).status_code == 302
    scope = Scope.objects.get(moderator=user)
    assert scope.publication == publication
    assert scope.section is None


# --- Logging in ---------------------------------------------------------------------------------------------------------

LOGIN = "/admin/login/"
RIGHT = "sandi-yang-panjang"


def log_in(name: str, password: str, network: str = "10.0.0.1") -> Any:
    return Client(REMOTE_ADDR=network).post(LOGIN, {"username": name, "password": password, "next": "/admin/"})


@pytest.fixture(params=["redis", "without redis"])
def counters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits, with Redis and with Redis away."""
    if request.param == "without redis":

        class Away:
            def eval(self, *_arguments: object) -> int:
                raise redis.ConnectionError

        monkeypatch.setattr(limits, "connection", Away)


@pytest.mark.usefixtures("counters")
def test_guessing_one_persons_password_is_slowed_down(settings: Any) -> None:
    settings.LOGIN_ATTEMPTS = ((3, 300),)
    make_user("sari", is_staff=True)
    assert [log_in("sari", "salah", f"10.{number}.0.1").status_code for number in range(3)] == [200, 200, 200]
    # From another network, and with another spelling of the name, the right password is refused as well now.
    refused = log_in("sari", RIGHT, "10.9.0.1")
    assert refused.status_code == 200
    assert any(wait in str(refused.context["form"].errors) for wait in (too_often_words(seconds) for seconds in (300, 299)))
    assert log_in("SARI", "salah", "10.8.0.1").context["form"].non_field_errors()[0] == refused.context["form"].non_field_errors()[0]
    make_user("budi", is_staff=True)
    assert log_in("budi", RIGHT, "10.9.0.1").status_code == 302


@pytest.mark.usefixtures("counters")
def test_guessing_from_one_network_is_slowed_down_and_right_ones_do_not_count(settings: Any) -> None:
    settings.LOGIN_ATTEMPTS = ((3, 300),)
    make_user("sari", is_staff=True)
    assert [log_in("sari", RIGHT).status_code for _number in range(6)] == [302] * 6
    assert [log_in(f"orang-{number}", "salah").status_code for number in range(3)] == [200] * 3
    assert log_in("sari", RIGHT).status_code == 200
    # A refused attempt counts for nobody: the name is not used up from elsewhere.
    assert log_in("sari", RIGHT, "10.7.0.1").status_code == 302


def test_the_log_in_of_readers_accounts_opens_nothing() -> None:
    make_user("pembaca")
    assert log_in("pembaca", RIGHT).status_code == 200
    assert log_in("", "").status_code == 200


def test_the_wait_is_said_in_the_largest_unit_that_is_exact_enough() -> None:
    sentences = [too_often_words(seconds) for seconds in (1, 119, 120, 3_600, 86_400)]
    assert ["".join(filter(str.isdigit, sentence)) for sentence in sentences] == ["1", "119", "2", "60", "24"]


def test_nothing_of_a_report_names_its_reporter(boss: Client) -> None:
    make_report(make_comment(), reporter="network-abcdef0123456789")
    row = Report.objects.get()
    assert "abcdef0123456789" not in boss.get(reverse("admin:moderation_report_change", args=[row.pk])).content.decode()
