"""A comment, its author, and what belongs to it. `Comment.move_to()` is the only writer of `status`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Lower, Now
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.states import PUBLIC, Status, may_move
from newsroom.models import Article

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # no 0, o, 1, l: an id is sometimes read out over the telephone
ID_LENGTH = 16  # 80 bits: cannot be guessed or counted
MAX_DEPTH = 30  # a reply to a deeper comment becomes its sibling, so that a chain of ancestors stays short


def new_public_id() -> str:
    # One question to the system's source of chance, not one for each character: 32 letters are five bits each.
    bits = secrets.randbits(5 * ID_LENGTH)
    return "".join([ALPHABET[bits >> shift & 31] for shift in range(0, 5 * ID_LENGTH, 5)])


class Rhythm(models.TextChoices):
    """When somebody wants to be told of replies to them and in threads that they follow."""

    AT_ONCE = "once", _("at once")
    DAILY = "daily", _("once a day, together")


class Commenter(models.Model):
    """Somebody we know again: by an account, or by a browser that holds our signed token. Never by a typed-in e-mail address."""

    key = models.CharField(max_length=ID_LENGTH, unique=True, default=new_public_id, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="commenter", verbose_name=_("account")
    )
    created_at = models.DateTimeField(_("known since"), default=timezone.now, editable=False)
    email = models.EmailField(_("confirmed e-mail"), max_length=254, blank=True, default="", db_default="")
    # The address that a mail with a link was sent to, and the number of that mail: each link is good once, and only the latest.
    pending_email = models.EmailField(max_length=254, blank=True, default="", db_default="", editable=False)
    email_round = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    notify_replies = models.BooleanField(_("mail about replies"), default=False, db_default=False)
    name = models.CharField(_("display name"), max_length=80, blank=True, default="", db_default="")
    rhythm = models.CharField(
        _("mails come"), max_length=6, choices=Rhythm.choices, default=Rhythm.AT_ONCE, db_default=Rhythm.AT_ONCE.value
    )

    class Meta:
        verbose_name = _("commenter")
        verbose_name_plural = _("commenters")

    def __str__(self) -> str:
        return self.key


class Thread(models.Model):
    """The public face of an article's comments as a whole. `version` grows with each change that readers can see."""

    article = models.OneToOneField(Article, on_delete=models.CASCADE, primary_key=True, related_name="thread")
    comment_count = models.PositiveIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.article_id}: {self.comment_count}"


class CommentQuerySet(models.QuerySet["Comment"]):
    def public(self) -> CommentQuerySet:
        return self.filter(status=PUBLIC)

    def in_thread(self) -> CommentQuerySet:
        """The public ones, and the removed ones whose public replies need them to hold their place."""
        return self.filter(VISIBLE)

    def overdue(self) -> CommentQuerySet:
        """Waiting for the checks and due, by the database's clock, oldest first."""
        return self.filter(status=Status.PENDING, screen_due_at__lte=Now()).order_by("screen_due_at", "id")

    def from_network(self, network: str, since: datetime) -> CommentQuerySet:
        """From one network, none for the empty one. SQLite uses a partial index only where a query says its condition again."""
        return self.filter(network=network, created_at__gte=since).exclude(network="")


VISIBLE = Q(status=PUBLIC) | Q(descendant_count__gt=0)


class Comment(models.Model):
    """One reply. The row is the queue: PENDING and `screen_due_at` say all that the screening needs to find it."""

    public_id = models.CharField(max_length=ID_LENGTH, unique=True, default=new_public_id, editable=False)
    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="comments", db_index=False, verbose_name=_("article"))
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies", verbose_name=_("reply to"))
    root = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    path = models.TextField(blank=True, editable=False)  # primary keys of all ancestors, outermost first, joined by "."
    depth = models.PositiveSmallIntegerField(default=0, editable=False)

    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    revision = models.PositiveIntegerField(_("revision"), default=1)

    commenter = models.ForeignKey(
        Commenter, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments", db_index=False, verbose_name=_("commenter")
    )
    author_name = models.CharField(_("name"), max_length=80)
    author_email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    author_url = models.CharField(_("web site"), max_length=200, blank=True)
    body_raw = models.TextField(_("text as typed"))
    body_html = models.TextField(_("text as shown"))
    body_text = models.TextField(_("plain text"))

    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    screen_attempts = models.PositiveSmallIntegerField(default=0)
    screen_due_at = models.DateTimeField(null=True, blank=True)
    # The place among the held ones, as a time: the earlier, the sooner a person sees it. Written with the move to HELD.
    queue_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    via_form = models.BooleanField(_("by the form"), default=True)
    honeypot_filled = models.BooleanField(default=False)
    fill_seconds = models.FloatField(null=True, blank=True)
    # Both dropped after NETWORK_RETENTION_DAYS; `network` is a keyed hash of the /24 or /64, so that it can be compared, not read.
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)
    network = models.CharField(max_length=16, blank=True)

    idempotency_key = models.CharField(max_length=64, null=True, blank=True, unique=True)  # digest of article and key
    idempotency_body = models.CharField(max_length=64, blank=True)  # digest of what came with the key
    content_key = models.CharField(max_length=64, null=True, blank=True, unique=True)  # digest of author, place and text

    reply_count = models.PositiveIntegerField(default=0)  # public direct replies
    descendant_count = models.PositiveIntegerField(default=0)  # public replies at any depth below
    reaction_count = models.PositiveIntegerField(default=0)  # "Setuju"
    disagree_count = models.PositiveIntegerField(default=0, db_default=0)  # "Kurang setuju"
    best_rank = models.IntegerField(default=0, db_default=0)  # see comments.reactions.rank; the higher, the better

    objects = CommentQuerySet.as_manager()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [
            models.Index(fields=["article", "created_at", "id"], name="comment_thread", condition=Q(parent=None) & VISIBLE),
            models.Index(fields=["article", "-best_rank", "created_at", "id"], name="comment_best", condition=Q(parent=None) & VISIBLE),
            models.Index(fields=["root", "created_at", "id"], name="comment_replies", condition=VISIBLE),
            models.Index(fields=["screen_due_at", "id"], name="comment_due", condition=Q(status=Status.PENDING)),
            models.Index(fields=["created_at", "id"], name="comment_held", condition=Q(status=Status.HELD)),
            models.Index(fields=["queue_at", "id"], name="comment_queue", condition=Q(status=Status.HELD)),
            models.Index(fields=["created_at", "id"], name="comment_spam", condition=Q(status=Status.SPAM)),
            models.Index(fields=["commenter", "created_at"], name="comment_commenter"),
            models.Index(fields=["network", "created_at"], name="comment_network", condition=~Q(network="")),
            models.Index(fields=["article", "status", "created_at"], name="comment_article_status"),
            models.Index(fields=["created_at"], name="comment_created"),
            models.Index(Lower("author_email"), name="comment_address"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="comment_status_known"),
            # A pending comment without a due time would never be found again.
            models.CheckConstraint(condition=~Q(status=Status.PENDING) | Q(screen_due_at__isnull=False), name="comment_pending_is_due"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        """The permalink: it finds the page of the thread that the comment stands on."""
        return f"{_permalinks(get_script_prefix())}{self.public_id}/"

    @property
    def anchor(self) -> str:
        return f"komentar-{self.public_id}"

    @property
    def is_public(self) -> bool:
        return self.status == PUBLIC

    @property
    def is_reply(self) -> bool:
        return self.parent_id is not None

    def ancestor_ids(self) -> list[int]:
        return [int(part) for part in self.path.split(".") if part]

    def move_to(self, status: Status, **changes: Any) -> bool:
        """Compare and set: change the status, and `changes` with it, if status and revision are still as read.

        False, with nothing changed, if somebody else was first. On success this object and the public counters follow. Raises
        ValueError for a move that the state machine does not know. Runs inside the caller's transaction, or one of its own.
        """
        old = Status(self.status)
        if not may_move(old, status):
            raise ValueError(f"no move from {old} to {status}")
        if status != Status.PENDING:
            changes["screen_due_at"] = None
        if status == PUBLIC and self.published_at is None:
            changes["published_at"] = timezone.now()
        with transaction.atomic(savepoint=False):
            rows = Comment.objects.filter(pk=self.pk, status=old, revision=self.revision)
            if rows.update(status=status, **changes) != 1:
                return False
            if (old == PUBLIC) != (status == PUBLIC):
                self._count(1 if status == PUBLIC else -1)
            elif self.descendant_count or old == PUBLIC:
                touch_thread(self.article_id)
        self.status = status
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    def _count(self, step: int) -> None:
        """Carry one comment more or less into the counters of its ancestors and of its thread."""
        if self.parent_id is not None:
            Comment.objects.filter(pk__in=self.ancestor_ids()).update(descendant_count=_stepped("descendant_count", step))
            Comment.objects.filter(pk=self.parent_id).update(reply_count=_stepped("reply_count", step))
        changed = Thread.objects.filter(pk=self.article_id).update(comment_count=_stepped("comment_count", step), version=F("version") + 1)
        if not changed:
            Thread.objects.get_or_create(pk=self.article_id, defaults={"comment_count": max(step, 0), "version": 1})


@lru_cache(maxsize=8)
def _permalinks(_prefix: str) -> str:
    """Where the permalinks begin. Asked for each comment of a page, which `reverse` is too slow for."""
    return reverse("comment", kwargs={"public_id": "x"}).removesuffix("x/")


def _stepped(name: str, step: int) -> Any:
    # Greatest: a counter that went wrong must not make the decision fail on the column's "not below 0".
    return Greatest(F(name) + step, 0)


def touch_thread(article_id: int) -> None:
    """Tell every kept copy of the thread that it is out of date."""
    Thread.objects.filter(pk=article_id).update(version=F("version") + 1)


class AppendOnlyError(Exception):
    """Somebody tried to change or delete a row that may only be added."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **kwargs: Any) -> int:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{self.model.__name__} rows are never deleted")


class AppendOnly(models.Model):
    """Rows that are added and then stand: the history of a comment."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError(f"{type(self).__name__} rows are never deleted")


class Revision(AppendOnly):
    """A text that an edit replaced. The present text stands in the comment itself."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("revision"))
    body_raw = models.TextField(_("text as typed"))
    replaced_at = models.DateTimeField(_("replaced at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["number"]
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = [models.UniqueConstraint(fields=["comment", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.comment_id}.{self.number}"

    @staticmethod
    def blank(comment_ids: Sequence[int]) -> None:
        """Forget the texts and keep the rows: the one change that an erasure makes to history."""
        models.QuerySet(Revision).filter(comment__in=comment_ids).update(body_raw="")


class Reaction(models.Model):
    """What one client thinks of one comment. `client` is the commenter's key, or a keyed hash of address and browser for guests."""

    class Kind(models.TextChoices):
        AGREE = "agree", _("agrees")
        DISAGREE = "disagree", _("disagrees")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reactions")
    client = models.CharField(max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.AGREE, db_default=Kind.AGREE.value)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [models.UniqueConstraint(fields=["comment", "client"], name="reaction_once")]
        indexes = [models.Index(fields=["client", "comment"], name="reaction_client")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.client}"


class Follow(models.Model):
    """Somebody wants to be told of new replies to an article. Counts while they have a confirmed address, and not before."""

    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, related_name="follows", verbose_name=_("commenter"))
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="follows", db_index=False, verbose_name=_("article"))
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("followed thread")
        verbose_name_plural = _("followed threads")
        indexes = [models.Index(fields=["article", "id"], name="follow_article")]
        constraints = [models.UniqueConstraint(fields=["commenter", "article"], name="follow_once")]

    def __str__(self) -> str:
        return f"{self.commenter_id}: {self.article_id}"


class KeptReply(models.Model):
    """What a reader sent before they had shown what the publication requires. No comment yet: only its author sees it.

    `comments.keeping` sends it on once they have; forgotten after `COMMENT_KEEP_DAYS`.
    """

    public_id = models.CharField(max_length=ID_LENGTH, unique=True, default=new_public_id, editable=False)
    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, related_name="kept_replies")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="kept_replies")
    parent = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    author_name = models.CharField(max_length=80)
    author_email = models.EmailField(max_length=254, blank=True)
    author_url = models.CharField(max_length=200, blank=True)
    body = models.TextField()
    honeypot_filled = models.BooleanField(default=False)
    fill_seconds = models.FloatField(null=True, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64)  # of place and text: a double click keeps one
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("kept reply")
        verbose_name_plural = _("kept replies")
        constraints = [models.UniqueConstraint(fields=["commenter", "digest"], name="kept_reply_once")]

    def __str__(self) -> str:
        return self.public_id
