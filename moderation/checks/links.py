"""Links and ways to be reached: how many, where they lead, and whether a host pretends to be another."""

from __future__ import annotations

from typing import Final

from moderation.checks.base import Finding, Label, Link, Span, Submission
from moderation.classifiers.links import (
    SHORTENERS,
    find_contacts,
    find_links,
    host_is_listed,
    is_address,
    looks_like,
    on_domain,
    readable,
)

NAME: Final = "links"
VERSION: Final = "1"
OF_THE_TEXT: Final = True

# More foreign links than a reader who cites sources writes.
MANY: Final = 3
_NOTHING: Final = Finding(NAME, Label.CLEAN, VERSION)


def check(submission: Submission) -> Finding:
    """SPAM for a listed domain. SUSPECT for a shortener, a look-alike or numeric host, a user part, or MANY links. One or two
    plain links and telephone numbers are a NOTE. Links to the newsroom's own hosts count for nothing."""
    links = (submission.links or find_links(submission.text)) + _site(submission)
    spans: list[Span] = []
    words: list[str] = []
    reasons: dict[str, int] = {}
    listed = suspicious = foreign = 0
    for link in links:
        if any(on_domain(link.host, own) for own in submission.own_hosts):
            continue
        foreign += 1
        faults = _faults(link, submission.listed_domains)
        listed += "listed" in faults
        suspicious += bool(faults)
        for fault in faults or ("link",):
            reasons[fault] = reasons.get(fault, 0) + 1
        if link.start >= 0:
            spans.append(Span(link.start, link.end, (faults or ("link",))[0]))
        words.append(readable(link.host))
    contacts = find_contacts(submission.text)
    for contact in contacts:
        reasons[contact.kind] = reasons.get(contact.kind, 0) + 1
        spans.append(Span(contact.start, contact.end, contact.kind))
        words.append(contact.value)
    if listed:
        label, score = Label.SPAM, 1.0
    elif suspicious or foreign >= MANY:
        label, score = Label.SUSPECT, 0.6
    elif foreign or contacts:
        label, score = Label.NOTE, 0.2
    else:
        return _NOTHING
    detail = {"links": foreign, "contacts": len(contacts), "reasons": reasons, "many": MANY}
    return Finding(NAME, label, VERSION, score=score, spans=tuple(sorted(spans, key=_place)), words=tuple(words), detail=detail)


def _site(submission: Submission) -> tuple[Link, ...]:
    """The author's own site, as a link that stands nowhere in the text."""
    return tuple(Link(-1, -1, link.url, link.host) for link in find_links(submission.author_url))


def _faults(link: Link, listed: frozenset[str]) -> tuple[str, ...]:
    """What is wrong with a link, the gravest first."""
    twin = looks_like(link.host)
    faults = []
    if host_is_listed(link.host, listed) or (twin is not None and host_is_listed(twin, listed)):
        faults.append("listed")
    if twin is not None:
        faults.append("look-alike")
    if "@" in link.url.partition("//")[2].partition("/")[0]:
        faults.append("user-part")
    if is_address(link.host):
        faults.append("address")
    if any(on_domain(link.host, shortener) for shortener in SHORTENERS):
        faults.append("shortener")
    return tuple(faults)


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end
