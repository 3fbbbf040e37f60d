"""`POST /api/v1/score/`: the text models for other programs. Nothing that is sent here is kept."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from comments.api_access import TokenAuthentication
from comments.api_shapes import problems
from comments.api_view import ApiView
from comments.problems import Invalid, Problem, TooManyRequests, field_error
from moderation import variants
from moderation.access import may_decide
from moderation.api_keys import MissingScope, UnknownKey, find_key
from moderation.classifiers.assess import Assessment
from moderation.classifiers.model import ModelError
from moderation.in_force import tick
from moderation.models import ApiKey
from moderation.scoring import HEADS, Scored, score
from newsroom import limits

log = logging.getLogger(__name__)

SCHEME = "ApiKey"
LEVELS = ["strict", "queue", "likely", "none"]
KEY_OR_TOKEN: Any = [{"apiKey": []}, {"tokenAuth": []}]
LONGEST_HINT = 35  # the longest language tag that BCP 47 recommends to have room for


class KeyAuthentication(BaseAuthentication):
    """`Authorization: ApiKey <key>` with the scope "score". Other schemes are left to those who know them."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            return AnonymousUser(), find_key(secret.strip(), ApiKey.Scope.SCORE)
        except UnknownKey as error:
            raise AuthenticationFailed from error
        except MissingScope as error:
            raise Problem(403, "permission_denied", _("This key is not for scoring texts.")) from error

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class PlaceSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField(help_text="In code points of the text as it was sent.")
    end = serializers.IntegerField(help_text="Exclusive.")


class ContributionSerializer(serializers.Serializer[Any]):
    word = serializers.CharField()
    contribution = serializers.FloatField(help_text="The word's share of the logit.")


class ThresholdsSerializer(serializers.Serializer[Any]):
    strict = serializers.FloatField()
    queue = serializers.FloatField()


class HeadScoreSerializer(serializers.Serializer[Any]):
    head = serializers.ChoiceField(choices=HEADS)
    probability = serializers.FloatField(help_text="Calibrated, 0 to 1.")
    logit = serializers.FloatField()
    level = serializers.ChoiceField(choices=LEVELS, help_text="The threshold that was reached; `likely` from one half, below it `none`.")
    thresholds = ThresholdsSerializer()
    spans = PlaceSerializer(many=True, help_text="The words that carried the score; none below one half.")
    words = ContributionSerializer(many=True, help_text="The same words, the strongest first.")
    version = serializers.CharField()
    model = serializers.CharField(help_text="SHA-256 of the artefact.")


class DetectedSerializer(serializers.Serializer[Any]):
    detected = serializers.CharField(help_text="id, en, jv or su; empty where the text does not say.")
    share = serializers.FloatField(help_text="The part of the words that are that language's own small words.")
    latin = serializers.FloatField(help_text="The part of the letters that are Latin: the models read no others.")


class MarkSerializer(PlaceSerializer):
    kind = serializers.CharField(help_text="insult, profanity, threat or identity.")
    severity = serializers.IntegerField(help_text="1 (mild) to 3 (grave).")


class ScoredTextSerializer(serializers.Serializer[Any]):
    language = DetectedSerializer()
    scores = HeadScoreSerializer(many=True)
    lexicon = MarkSerializer(many=True, help_text="Hard words of our list, whatever the heads make of them.")


class TextToScoreSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=settings.COMMENT_MAX_LENGTH)
    language = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=LONGEST_HINT, help_text="A hint; our own detection decides."
    )


class ScoreText(ApiView):
    authentication_classes = [KeyAuthentication, TokenAuthentication]

    def check_permissions(self, request: Request) -> None:
        if isinstance(request.auth, ApiKey) or may_decide(request.user):
            return
        if not request.user.is_authenticated:
            raise Problem(401, "not_authenticated", _("This needs an API key: Authorization: ApiKey …"), challenge=SCHEME)
        self.permission_denied(request)

    def check_throttles(self, request: Request) -> None:
        who = f"key:{request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user:{request.user.pk}"
        if wait := limits.hit("score", who, settings.MODERATION_SCORE_LIMITS):
            raise TooManyRequests(wait)

    @extend_schema(
        operation_id="score_text",
        auth=KEY_OR_TOKEN,
        request=TextToScoreSerializer,
        responses={200: ScoredTextSerializer, **problems(400, 401, 403, 413, 415, 429)},
    )
    def post(self, request: Request) -> Response:
        """What the text models make of a text. Nothing is kept of it."""
        text = text_of(request)
        try:
            return Response(shape(score(text, models=variants.everywhere(tick()))))
        except ModelError as error:
            log.error("text model unusable", exc_info=error)
            words = _("A text model cannot be read. It has been written down.")
            raise Problem(503, "model_unavailable", words, wait=60) from error


def text_of(request: Request) -> str:
    """The text to score, exactly as it was sent, since the spans count in it. Raises Invalid."""
    text, hint = request.data.get("text"), request.data.get("language")
    errors = []
    if text is None or text == "":
        errors.append(field_error("text", "required", _("Send the text that is to be scored.")))
    elif not isinstance(text, str):
        errors.append(field_error("text", "not_a_string", _("This must be a text.")))
    elif len(text) > settings.COMMENT_MAX_LENGTH:
        words = _("At most %(limit)d characters.") % {"limit": settings.COMMENT_MAX_LENGTH}
        errors.append(field_error("text", "max_length", words))
    if not isinstance(hint, str | None):
        errors.append(field_error("language", "not_a_string", _("This must be a text.")))
    elif len(hint or "") > LONGEST_HINT:
        errors.append(field_error("language", "max_length", _("At most %(limit)d characters.") % {"limit": LONGEST_HINT}))
    if errors:
        raise Invalid(errors)
    return str(text)


def shape(scored: Scored) -> dict[str, Any]:
    """The answer to a request."""
    found = scored.language
    return {
        "language": {"detected": found.language, "share": round(found.share, 4), "latin": round(found.latin, 4)},
        "scores": [head_shape(each) for each in scored.heads.values()],
        "lexicon": [{"start": mark.start, "end": mark.end, "kind": mark.kind, "severity": mark.severity} for mark in scored.marks],
    }


def head_shape(found: Assessment) -> dict[str, Any]:
    contributions: Any = found.detail.get("contributions", [])
    return {
        "head": found.head,
        "probability": found.probability,
        "logit": found.logit,
        "level": found.level,
        "thresholds": {"strict": found.detail["strict"], "queue": found.detail["queue"]},
        "spans": [{"start": start, "end": end} for start, end in found.spans],
        "words": [{"word": word, "contribution": value} for word, value in contributions],
        "version": found.version,
        "model": found.hash,
    }
