"""The main job of the text checks, through the form, by a real worker: what is caught, what is shown of it, and what is left alone."""

from __future__ import annotations

from django.urls import reverse

from comments.states import Status
from moderation.models import Campaign, Decision, Finding
from tests.factories import make_article, make_moderator
from tests.flows.test_reply import moderate, screened, send
from tests.moderation.desk import client_of
from tests.processes import Stack

DISGUISED = "𝗦𝗹𝗼𝘁 g4c0r p a r a h di Mentari99, m4xw1n tiap malam!! ԁаftаr sekarang bosku 🎰"
JAVANESE = "Matur nuwun sanget beritanipun, mugi-mugi kretegipun enggal didandosi supados warga saged nyabrang malih."
CRITICISM = "Kebijakan ini ngawur dan memalukan! Bupati gagal total, anggarannya raib entah ke mana. Mundur saja!"

OTHER_CRITICISM = "Menteri itu berbohong kepada rakyat. Proyeknya mangkrak, uangnya habis, dan tidak seorang pun bertanggung jawab."


def test_disguised_gambling_is_spam_with_its_words_marked_and_its_copy_from_another_name_is_one_campaign(stack: Stack) -> None:
    article, other = make_article(), make_article()
    desk = client_of(make_moderator())
    with stack.client() as first, stack.client() as second:
        one = screened(send(first, article, comment=DISGUISED, author="Rani", email="rani@contoh.example"))
        assert one.status == Status.SPAM
        two = screened(send(second, other, comment=DISGUISED, author="Beni", email="beni@contoh.example"))
        assert two.status == Status.SPAM
    decision = Decision.objects.get(comment=one)
    assert (decision.kind, decision.reason) == ("screening", "sure_spam")
    finding = Finding.objects.get(comment=one, check_name="gambling")
    assert finding.label == "spam"
    marked = " ".join(DISGUISED[start:end] for start, end, _kind in finding.spans)
    assert "𝗦𝗹𝗼𝘁 g4c0r" in marked
    assert "Mentari99" in marked
    assert len(finding.model_hash) == 64
    assert 0 < finding.detail["queue"] <= finding.detail["strict"] <= finding.probability
    page = desk.get(reverse("queue-item", args=[one.public_id]) + "?view=spam").content.decode()
    assert page.count('<mark class="mark-gambling"') >= 1
    assert "Mentari99</mark>" in page
    assert "g4c0r</mark>" in page
    campaign = Campaign.objects.get()
    assert set(campaign.members.values_list("comment", flat=True)) == {one.pk, two.pk}
    listed = desk.get(reverse("queue-campaigns"))
    assert len(listed.context["rows"]) == 1
    opened = desk.get(reverse("queue-campaign", args=[campaign.pk])).content.decode()
    assert "Rani" in opened
    assert "Beni" in opened


def test_a_regional_sentence_and_fierce_criticism_are_published_when_their_author_is_known(stack: Stack) -> None:
    article = make_article()
    with stack.client() as author, stack.client() as stranger:
        assert moderate(stack, screened(send(author, article)), "approve").status_code == 201
        for text in (JAVANESE, CRITICISM):
            comment = screened(send(author, article, comment=text))
            said = dict(Finding.objects.filter(comment=comment).values_list("check_name", "label"))
            assert {name: said[name] for name in ("gambling", "promotion", "abuse", "phrases")} == dict.fromkeys(
                ("gambling", "promotion", "abuse", "phrases"), "clean"
            )
            assert comment.status == Status.APPROVED
        # From somebody unknown they wait, and for that reason only.
        unknown = screened(send(stranger, article, comment=OTHER_CRITICISM, author="Joko", email="joko@contoh.example"))
        assert unknown.status == Status.HELD
        assert set(Finding.objects.filter(comment=unknown, label="suspect").values_list("check_name", flat=True)) == {"new_author"}
        assert Decision.objects.get(comment=unknown).reason == "new_author"
