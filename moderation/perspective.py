"""`comments:analyze` and `comments:suggestscore` as clients of the Perspective API call them, errors in that API's form as well.

Which attributes there are and what they are made of: `moderation.attributes`. Details for people are in English, as that API's are.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from comments.api_access import StrictJSONParser
from comments.problems import TooLarge
from moderation import variants
from moderation.api_keys import MissingScope, UnknownKey, find_key
from moderation.attributes import ATTRIBUTES, attributes, sentences, utf16
from moderation.classifiers.languages import guess
from moderation.classifiers.model import ModelError
from moderation.in_force import tick
from moderation.models import ApiKey, Suggestion
from newsroom import limits

log = logging.getLogger(__name__)

MOST_BYTES = 20_480  # of the comment's text in UTF-8
UNKNOWN_LANGUAGE = "und"
PLAIN = ("PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED")
PROBABILITY = ("PROBABILITY", "SCORE_TYPE_UNSPECIFIED")
OLD_SUFFIX = "_EXPERIMENTAL"  # older clients ask for TOXICITY_EXPERIMENTAL and the like
ERROR_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
FIELD_TYPE = "type.googleapis.com/google.rpc.BadRequest"
INFO_TYPE = "type.googleapis.com/google.rpc.ErrorInfo"

View = Callable[[HttpRequest, ApiKey, dict[str, Any]], dict[str, Any]]


class Refusal(Exception):
    """An error as that API says it: HTTP status, its name for it, a sentence, and details for programs."""

    def __init__(self, code: int, status: str, message: str, *details: Mapping[str, Any], **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self) -> JsonResponse:
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = list(self.details)
        return JsonResponse({"error": error}, status=self.code, headers=self.headers)


def invalid(message: str, error_type: str = "INVALID_REQUEST") -> Refusal:
    """400 about what the request asks for."""
    return Refusal(400, "INVALID_ARGUMENT", message, {"@type": ERROR_TYPE, "errorType": error_type})


def wrong_value(field: str, kind: str) -> Refusal:
    """400 about a value of the wrong type."""
    words = f"Invalid value at '{field}' ({kind})"
    return Refusal(400, "INVALID_ARGUMENT", words, {"@type": FIELD_TYPE, "fieldViolations": [{"field": field, "description": words}]})


def key_problem(code: int, status: str, message: str, reason: str) -> Refusal:
    return Refusal(code, status, message, {"@type": INFO_TYPE, "reason": reason, "domain": "googleapis.com"})


def method(view: View) -> Callable[[HttpRequest], JsonResponse]:
    """POST with a key and a JSON object in; JSON out, whatever happens."""

    @csrf_exempt
    @wraps(view)
    def answer(request: HttpRequest) -> JsonResponse:
        try:
            if request.method != "POST":
                raise Refusal(405, "UNIMPLEMENTED", "Use POST for this method.", Allow="POST")
            response = JsonResponse(view(request, key_of(request), body_of(request)))
        except Refusal as refusal:
            response = refusal.response()
        except (OperationalError, InterfaceError) as error:
            log.error("database away", extra={"error": type(error).__name__})
            response = Refusal(503, "UNAVAILABLE", "The service is currently unavailable.", Retry_After="10").response()
        except ModelError as error:
            log.error("text model unusable", exc_info=error)
            response = Refusal(503, "UNAVAILABLE", "The service is currently unavailable.", Retry_After="60").response()
        except Exception as error:
            log.error("unhandled error in comments", extra={"error": type(error).__name__})
            response = Refusal(500, "INTERNAL", "Internal error encountered.").response()
        response["Cache-Control"] = "no-store"
        return response

    return answer


def key_of(request: HttpRequest) -> ApiKey:
    """The key of `?key=`, or of the header that Google's own clients send. Counts the request."""
    secret = request.GET.get("key") or request.headers.get("X-Goog-Api-Key", "")
    if not secret:
        words = "Method doesn't allow unregistered callers. Please use an API key: ?key=…"
        raise Refusal(403, "PERMISSION_DENIED", words)
    try:
        key = find_key(secret, ApiKey.Scope.SCORE)
    except UnknownKey as error:
        words = "API key not valid. Please pass a valid API key."
        raise key_problem(400, "INVALID_ARGUMENT", words, "API_KEY_INVALID") from error
    except MissingScope as error:
        words = "Requests to this API are blocked for this key: it lacks the scope 'score'."
        raise key_problem(403, "PERMISSION_DENIED", words, "API_KEY_SERVICE_BLOCKED") from error
    if wait := limits.hit("score", f"key:{key.pk}", settings.MODERATION_SCORE_LIMITS):
        words = "Quota exceeded for this API key."
        refusal = key_problem(429, "RESOURCE_EXHAUSTED", words, "RATE_LIMIT_EXCEEDED")
        refusal.headers["Retry-After"] = str(wait)
        raise refusal
    return key


# A string, which is passed over, or a name without quotes behind a brace or a comma. Each byte is looked at once or twice.
_BARE_NAME: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|([{,]\s{0,200})([A-Za-z_]\w{0,80})(?=\s{0,200}:)', re.DOTALL)


def _quoted(found: re.Match[bytes]) -> bytes:
    return found[0] if found[2] is None else b'%s"%s"' % (found[1], found[2])


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object, whatever its Content-Type says. Raises Refusal."""
    try:
        try:
            return StrictJSONParser().parse(io.BytesIO(request.body))
        except TooLarge:
            raise
        except APIException:
            # The example in that API's documentation leaves out the quotes around names, and its parser takes that.
            return StrictJSONParser().parse(io.BytesIO(_BARE_NAME.sub(_quoted, request.body)))
    except (RequestDataTooBig, TooLarge) as error:
        words = f"Request payload size exceeds the limit: {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."
        raise Refusal(400, "INVALID_ARGUMENT", words) from error
    except APIException as error:
        words = "Invalid JSON payload received. Send one JSON object in UTF-8, without NUL and unpaired surrogates."
        raise Refusal(400, "INVALID_ARGUMENT", words) from error


def given(document: Mapping[str, Any], name: str, kind: type, label: str, default: Any, path: str = "") -> Any:
    """A member of an object, checked for its type; null is as good as left out. Both spellings count, as with Google's parsers."""
    value = document.get(name)
    if value is None:
        value = document.get("".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name))
    if value is None:
        return default
    if not isinstance(value, kind):
        raise wrong_value(f"{path}{name}", label)
    return value


def text_of(document: Mapping[str, Any]) -> str:
    """The comment's text. Raises Refusal as that API does: empty, longer than MOST_BYTES, not plain text."""
    comment = given(document, "comment", dict, "TYPE_MESSAGE", {})
    text: str = given(comment, "text", str, "TYPE_STRING", "", "comment.")
    kind = given(comment, "type", str, "TYPE_STRING", PLAIN[0], "comment.")
    if kind not in PLAIN:
        raise invalid("Currently, only 'PLAIN_TEXT' comments are supported" if kind == "HTML" else "Unknown text type")
    if not text.strip():
        raise invalid("Comment must be non-empty.", "COMMENT_EMPTY")
    size = len(text.encode())
    if size > MOST_BYTES:
        raise invalid(f"Comment text was too many bytes. Value ({size}) exceeded limit ({MOST_BYTES}).", "COMMENT_TOO_LONG")
    context = given(document, "context", dict, "TYPE_MESSAGE", {})
    both = (context.get("entries"), context.get("articleAndParentComment", context.get("article_and_parent_comment")))
    if all(both):
        raise invalid("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    return text


def languages_of(document: Mapping[str, Any]) -> list[str]:
    """The languages that the client names. They are repeated to it and decide nothing."""
    languages: list[Any] = given(document, "languages", list, "TYPE_STRING", [])
    if not all(isinstance(language, str) for language in languages):
        raise wrong_value("languages[]", "TYPE_STRING")
    return languages[:20]


def ours(name: str) -> str:
    """The attribute's name with us. Raises Refusal for one that we do not have."""
    plain = name.removesuffix(OLD_SUFFIX)
    if plain not in ATTRIBUTES:
        raise invalid(f"Unknown requested attribute: {name[:80]}")
    return plain


def with_token(document: Mapping[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with what the client wants back; the members that are accepted and not used are checked for their type."""
    for name, kind, label in (("sessionId", str, "TYPE_STRING"), ("communityId", str, "TYPE_STRING"), ("doNotStore", bool, "TYPE_BOOL")):
        given(document, name, kind, label, None)
    token = given(document, "clientToken", str, "TYPE_STRING", "")
    return {**answer, "clientToken": token} if token else answer


@method
def analyze(request: HttpRequest, key: ApiKey, document: dict[str, Any]) -> dict[str, Any]:
    """Scores of a comment for the attributes that were asked for. Keeps nothing, whether `doNotStore` says so or not."""
    text, languages = text_of(document), languages_of(document)
    wanted: dict[str, Any] = given(document, "requestedAttributes", dict, "TYPE_MESSAGE", {})
    if not wanted:
        raise invalid("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    names = {name: ours(name) for name in wanted}
    least = {name: threshold(name, wanted[name]) for name in names}
    spans = given(document, "spanAnnotations", bool, "TYPE_BOOL", False)
    answer = with_token(document, {})
    values = attributes(text, set(names.values()), variants.everywhere(tick()))
    told = [name for name in names if values[names[name]] >= least[name]]
    scores: dict[str, dict[str, Any]] = {name: {"summaryScore": probability(values[names[name]])} for name in told}
    if spans and told:
        for name, parts in span_scores(text, {name: names[name] for name in told}).items():
            scores[name] = {"spanScores": parts, **scores[name]}
    detected = [guess(text).language or UNKNOWN_LANGUAGE]
    return {
        **({"attributeScores": scores} if scores else {}),
        "languages": languages or detected,
        **answer,
        "detectedLanguages": detected,
    }


def threshold(name: str, wanted: object) -> float:
    """The value below which a client wants no answer for an attribute."""
    if wanted is None:
        return 0.0
    path = f"requestedAttributes[{name[:80]}]"
    if not isinstance(wanted, dict):
        raise wrong_value(path, "TYPE_MESSAGE")
    kind = given(wanted, "scoreType", str, "TYPE_ENUM", PROBABILITY[0], f"{path}.")
    if kind not in PROBABILITY:
        raise invalid(f"Requested score type {kind[:80]} is not supported by attribute {name[:80]}")
    return number(wanted, "scoreThreshold", path) or 0.0


def number(document: Mapping[str, Any], name: str, path: str) -> float | None:
    """A number from 0 to 1, or None where there is none."""
    value = given(document, name, object, "TYPE_FLOAT", None, f"{path}.")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise wrong_value(f"{path}.{name}", "TYPE_FLOAT")
    if not 0 <= value <= 1:
        raise invalid(f"{path}.{name} must be between 0 and 1.")
    return float(value)


def probability(value: float) -> dict[str, Any]:
    return {"value": round(value, 8), "type": PROBABILITY[0]}


def span_scores(text: str, names: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Each sentence's own scores, its place in UTF-16 code units."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for start, end in sentences(text):
        values = attributes(text[start:end], set(names.values()), variants.everywhere(tick()))
        place = {"begin": utf16(text, start), "end": utf16(text, end)}
        for name, plain in names.items():
            found[name].append({**place, "score": probability(values[plain])})
    return found


@method
def suggest(request: HttpRequest, key: ApiKey, document: dict[str, Any]) -> dict[str, Any]:
    """Take a better score for a comment. It is written down where the newsroom allows it, the key may, and the client does not object."""
    text, languages = text_of(document), languages_of(document)
    wanted: dict[str, Any] = given(document, "attributeScores", dict, "TYPE_MESSAGE", {})
    if not wanted:
        raise invalid("Missing attribute_scores", "NO_REQUESTED_ATTRIBUTES")
    scores = {ours(name): suggested(name, wanted[name]) for name in wanted}
    answer = with_token(document, {})
    detected = guess(text).language
    kept = {name: value for name, value in scores.items() if value is not None}
    unwanted = given(document, "doNotStore", bool, "TYPE_BOOL", False)
    if settings.MODERATION_KEEP_SUGGESTIONS and ApiKey.Scope.SUGGEST in key.scopes and kept and not unwanted:
        community = given(document, "communityId", str, "TYPE_STRING", "")[:100]
        Suggestion.objects.create(key=key, text=text, scores=kept, language=detected, community=community)
    return {
        **answer,
        "detectedLanguages": [detected or UNKNOWN_LANGUAGE],
        **({"requestedLanguages": languages} if languages else {}),
    }


def suggested(name: str, scores: object) -> float | None:
    """The summary score that a client suggests for an attribute; None where it names only spans, which are not kept."""
    path = f"attributeScores[{name[:80]}]"
    if not isinstance(scores, dict):
        raise wrong_value(path, "TYPE_MESSAGE")
    spans = given(scores, "spanScores", list, "TYPE_MESSAGE", [], f"{path}.")
    summary = given(scores, "summaryScore", dict, "TYPE_MESSAGE", {}, f"{path}.")
    value = number(summary, "value", f"{path}.summaryScore")
    if value is None and not spans:
        raise invalid(f"{path} has neither a summary score nor a span score.")
    return value


@csrf_exempt
def missing(request: HttpRequest) -> JsonResponse:
    """Every other address below /v1alpha1/."""
    response = Refusal(404, "NOT_FOUND", "Method not found.").response()
    response["Cache-Control"] = "no-store"
    return response
