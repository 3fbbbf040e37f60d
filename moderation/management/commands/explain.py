"""What the text checks make of a text, taken apart: probabilities, thresholds, and what each word adds to the score."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments.models import Comment
from moderation import thresholds, variants
from moderation.checks.base import Finding, Submission
from moderation.classifiers.links import find_links
from moderation.facts import load_check
from moderation.in_force import innocents_in_force, lists_in_force
from newsroom.models import Publication

CHECKS = ("gambling", "promotion", "abuse", "phrases", "links", "shouting", "language")
DETAILS = ("head", "probabilities", "lexicon", "kinds", "severity", "language", "share", "latin")


class Command(BaseCommand):
    help = "Print the findings of the text checks with words, contributions and thresholds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="?", help="the text; - reads it from standard input")
        parser.add_argument("--comment", metavar="ID", help="the present text of a comment instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["text"] is None) == (options["comment"] is None):
            raise CommandError("Give a text, or --comment with an id.")
        submission = of_comment(options["comment"]) if options["comment"] else of_text(options["text"])
        for name in CHECKS:
            try:
                check, _version = load_check(name)
                finding = check(submission)
            except Exception as error:
                self.stdout.write(f"{name}: error, {type(error).__name__}: {error}")
                continue
            self.stdout.write("\n".join(lines_of(finding, submission.text)))


def of_text(text: str) -> Submission:
    """A text by itself, with the phrases and thresholds of the first publication."""
    text = sys.stdin.read() if text == "-" else text
    if not text.strip():
        raise CommandError("The text is empty.")
    publication = Publication.objects.order_by("pk").first()
    number = publication.pk if publication else 0
    phrases, domains = lists_in_force(number, 0)
    return Submission(
        text=text,
        links=find_links(text),
        phrases=phrases,
        innocent=innocents_in_force(number, 0),
        listed_domains=domains,
        thresholds=thresholds.now(number),
        models=variants.now(number).models,
    )


def of_comment(public_id: str) -> Submission:
    comment = Comment.objects.select_related("article__section__publication").filter(public_id=public_id).first()
    if comment is None:
        raise CommandError(f"There is no comment '{public_id}'.")
    publication = comment.article.publication
    phrases, domains = lists_in_force(publication.pk, 0)
    return Submission(
        text=comment.body_raw,
        author_name=comment.author_name,
        author_url=comment.author_url,
        language=publication.language,
        links=find_links(comment.body_raw),
        phrases=phrases,
        innocent=innocents_in_force(publication.pk, 0),
        listed_domains=domains,
        thresholds=thresholds.now(publication.pk),
        models=variants.now(publication.pk).models,
    )


def lines_of(finding: Finding, text: str) -> list[str]:
    """One finding as somebody reads it in a terminal."""
    detail: Mapping[str, Any] = finding.detail
    lines = [f"{finding.check}: {finding.label.value} (version {finding.version})"]
    if finding.probability is not None:
        lines.append(f"  probability {finding.probability:.6f}, queue {detail['queue']:.6f}, strict {detail['strict']:.6f}")
        lines.append(f"  logit {detail['logit']:+.4f}, model {finding.model_hash[:12]}")
    if "correction" in detail:
        lines.append(f"  {detail['correction']:+.4f}  of it learned from this newsroom's decisions")
    if "bias" in detail:
        lines.append(f"  {detail['bias']:+.4f}  bias")
        lines += [f"  {value:+.4f}  sign: {name}" for name, value in detail["signs"].items()]
        lines += [f"  {value:+.4f}  {shown(word)}" for word, value in detail["contributions"]]
        lines.append("  (only the strongest words; the others make up the rest of the logit)")
    lines += [f"  {name}: {detail[name]}" for name in DETAILS if detail.get(name)]
    lines += [f"  {span.start}-{span.end} {span.kind}: {shown(text[span.start : span.end])}" for span in finding.spans]
    return lines


def shown(text: str) -> str:
    """A stranger's text for a terminal: nothing in it can move the cursor."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
