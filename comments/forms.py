"""The reply form: WordPress's field names, one set of rules for the page and the API."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from comments.models import Comment
from comments.submission import Draft
from comments.text import clean_line, clean_raw, is_blank, safe_address
from newsroom import kept
from newsroom.models import Article

CONSENT = "wp-comment-cookies-consent"
HONEYPOT = "surel_kedua"  # hidden from people; a program that fills in every field gives itself away
STAMP = "dibuka"
STAMP_SALT = "comments.form"
STAMP_AGE = timedelta(days=7)


class BodyField(forms.CharField):
    """The comment's text: cleaned, not blank to the eye, at most `COMMENT_MAX_LENGTH` characters. The length is checked first."""

    default_error_messages = {"required": _("Please write a comment.")}

    def to_python(self, value: object) -> str:
        text = "" if value is None else str(value)
        # Line ends come as CR LF from a form; they count once.
        text = text.replace("\r\n", "\n")
        if len(text) > settings.COMMENT_MAX_LENGTH:
            raise ValidationError(
                ngettext_lazy(
                    "Your comment is %(length)d characters long; the limit is %(limit)d.",
                    "Your comment is %(length)d characters long; the limit is %(limit)d.",
                    "length",
                ),
                code="max_length",
                params={"length": len(text), "limit": settings.COMMENT_MAX_LENGTH},
            )
        text = clean_raw(text)
        return "" if is_blank(text) else text


class NameField(forms.CharField):
    """One line, at most 80 characters, something to see in it."""

    default_error_messages = {"required": _("Please write your name.")}

    def to_python(self, value: object) -> str:
        text = "" if value is None else str(value)
        if len(text) > 80:
            raise ValidationError(_("Your name is too long; the limit is 80 characters."), code="max_length")
        text = clean_line(text)
        return "" if is_blank(text) else text


class EmailField(forms.EmailField):
    default_error_messages = {
        "required": _("Please write your e-mail address, for example nama@contoh.id."),
        "invalid": _("Write your e-mail address, for example nama@contoh.id."),
    }

    def to_python(self, value: object) -> str:
        return clean_line(str(value))[:400] if value else ""


class SiteField(forms.CharField):
    """An http or https address with a host, or nothing; `contoh.id` gets its https://."""

    def to_python(self, value: object) -> str:
        text = "" if value is None else str(value).strip()
        if not text:
            return ""
        if len(text) > 200:
            raise ValidationError(_("The web site's address is too long; the limit is 200 characters."), code="max_length")
        address = safe_address(text)
        if not address or len(address) > 200:
            raise ValidationError(_("Write the web site's address like https://contoh.id, or leave it empty."), code="invalid")
        return address


class ReplyForm(forms.Form):
    """`draft()` is what `comments.submission.submit` takes; the traps are read by `traps()`."""

    comment = BodyField(label=_("Comment"), strip=False)
    author = NameField(label=_("Name"), strip=False)
    email = EmailField(label=_("Email"))
    url = SiteField(label=_("Website"), required=False)
    comment_parent = forms.CharField(required=False, max_length=64)

    def __init__(self, *args: object, article: Article, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as given
        self.article = article

    def clean_comment_parent(self) -> Comment | None:
        public_id = self.cleaned_data["comment_parent"].strip()
        if public_id in {"", "0"}:  # WordPress sends 0 for "no parent"
            return None
        parent = Comment.objects.public().filter(article=self.article, public_id=public_id).select_related("parent").first()
        if parent is None:
            raise ValidationError(
                _("The comment that you reply to is no longer there. You can send yours as a comment of its own."), code="parent_gone"
            )
        return parent

    def draft(self) -> Draft:
        data = self.cleaned_data
        return Draft(
            author_name=data["author"],
            author_email=data["email"],
            author_url=data["url"],
            body=data["comment"],
            parent=data["comment_parent"],
        )


class BodyForm(forms.Form):
    """The text alone, for an edit."""

    comment = BodyField(label=_("Comment"), strip=False)


def make_stamp() -> str:
    """A signed time stamp for the hidden field: when the form was made."""
    return signing.TimestampSigner(salt=STAMP_SALT).sign("f")


# Kept bytes hold this in the stamp's place until they are sent, so that the stamp is as fresh as on a page made for one reader.
STAMP_HOLE = kept.Hole("balasan-" + "x" * (len(make_stamp()) - len("balasan-")), make_stamp)


def seconds_since(stamp: str) -> float | None:
    """How long ago the form was made; None where the stamp is missing, not ours or older than a week."""
    try:
        signer = signing.TimestampSigner(salt=STAMP_SALT)
        signer.unsign(stamp, max_age=STAMP_AGE)
        made = signing.b62_decode(stamp.rsplit(":", 2)[1])
    except (signing.BadSignature, ValueError, IndexError, KeyError):
        return None
    return max(0.0, timezone.now().timestamp() - made)
