"""All settings, read from top to bottom. Every value is a constant or comes from the environment; docs/settings.md explains each.

A wrong value refuses to start with a sentence that names the variable (`ImproperlyConfigured`).
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from newsroom.embedded import default_redis_url, find_data_dir, read_secret_key

env = environ.Env()

# --- Where things are -------------------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = find_data_dir()
SEEDS_DIR = BASE_DIR / "seeds"


def read_flag(name: str, default: bool) -> bool:
    """A yes/no variable. Anything but the usual words refuses to start: a typo must not switch DEBUG off or on by accident."""
    raw = env.str(name, default="on" if default else "off").strip().lower()
    if raw in {"1", "on", "true", "yes"}:
        return True
    if raw in {"", "0", "off", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} must be on or off, not {raw!r}.")


def read_number(name: str, default: int, least: int = 0) -> int:
    """A whole number of at least `least`."""
    raw = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"\d{1,9}", raw) or int(raw) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {raw!r}.")
    return int(raw)


# --- The basics -------------------------------------------------------------------------------------------------------

DEBUG = read_flag("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", default="") or read_secret_key(DATA_DIR) or ("only-for-debugging" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Give a long random one, or start with `make run`, which makes and keeps one.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])

SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL must be an http or https address such as https://kabar.example, not {SITE_URL!r}.")
HTTPS = _site.scheme == "https"

_own_host = f"[{_site.hostname}]" if ":" in _site.hostname else _site.hostname
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", ".localhost", "[::1]", _own_host])
for _host in ALLOWED_HOSTS:
    if not re.fullmatch(r"\*|\.?[\w.-]+|\[[0-9a-fA-F:.]+\]", _host):
        raise ImproperlyConfigured(f"ALLOWED_HOSTS must hold host names such as kabar.example, without http:// or port, not {_host!r}.")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
for _origin in CSRF_TRUSTED_ORIGINS:
    if not _origin.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"CSRF_TRUSTED_ORIGINS must hold addresses with http:// or https://, not {_origin!r}.")
TRUSTED_PROXIES = read_number("TRUSTED_PROXIES", 0)

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "moderation",
    "comments",
    "newsroom",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "newsroom.middleware.RequestLog",
    "newsroom.middleware.Outage",
    "newsroom.middleware.RefuseBrokenText",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsroom.views.publication_in_force",
            ],
        },
    },
]

# --- Database ---------------------------------------------------------------------------------------------------------

try:
    # The path goes in as it is: in an address, % and ? in it would have a meaning.
    _database: dict[str, Any] = (
        env.db_url("DATABASE_URL")
        if env.str("DATABASE_URL", default="")
        else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "balasan.sqlite3")}
    )
except (environ.ImproperlyConfigured, ValueError) as error:
    raise ImproperlyConfigured(f"DATABASE_URL is not a database address: {error}") from error
if _database.get("ENGINE") == "django.db.backends.sqlite3":
    Path(_database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    _database["OPTIONS"] = {
        # Without IMMEDIATE a reader that turns writer meets "database is locked" at once, whatever the timeout says.
        "transaction_mode": "IMMEDIATE",
        # Below 5 s, since no request may take longer than that.
        "timeout": 4,
        # FULL, not NORMAL: a comment that was answered with success must survive a power cut as well.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;",
    }
    _database["CONN_MAX_AGE"] = None
elif _database.get("ENGINE") == "django.db.backends.postgresql":
    # A Unix socket is written as postgres://user@%2Fvar%2Frun%2Fpostgresql/name, percent-encoded, since it stands in the host's place.
    _database["HOST"] = unquote(_database.get("HOST") or "")
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 2)
    _database["CONN_MAX_AGE"] = 600
    _database["CONN_HEALTH_CHECKS"] = True
else:
    raise ImproperlyConfigured("DATABASE_URL must name SQLite (sqlite:///path) or PostgreSQL (postgres://user:password@host/name).")
DATABASES = {"default": _database}

# --- Redis and Celery -------------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="") or default_redis_url(DATA_DIR)
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="") or REDIS_URL
for _name, _url in {"REDIS_URL": REDIS_URL, "CELERY_BROKER_URL": CELERY_BROKER_URL}.items():
    if not _url.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
        raise ImproperlyConfigured(f"{_name} must start with redis://, rediss:// or unix://, not {_url.split(':')[0]!r}.")
BROKER_REDIS_URL = CELERY_BROKER_URL
if CELERY_BROKER_URL.startswith("redis+socket://"):
    BROKER_REDIS_URL = "unix://" + CELERY_BROKER_URL.removeprefix("redis+socket://").replace("?virtual_host=", "?db=")
if CELERY_BROKER_URL.startswith("unix://"):
    # The same socket in kombu's spelling.
    CELERY_BROKER_URL = "redis+socket://" + CELERY_BROKER_URL.removeprefix("unix://").replace("?db=", "?virtual_host=")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = read_number("WORKER_PROCESSES", 1, least=1)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # kB; a child above it is replaced after its task
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A frozen (not dead) Redis otherwise blocks a publish for over 40 s.
# max_retries: else kombu tries a refused connection again after 0, 2 and 4 s, inside the request that announces a comment.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0, "visibility_timeout": 3600}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "screen-stragglers": {"task": "moderation.screen_stragglers", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "send-notices": {"task": "moderation.send_notices", "schedule": timedelta(seconds=5), "options": {"expires": 60}},
    "resume-bulk": {"task": "moderation.resume_bulk", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "resume-replays": {"task": "moderation.resume_replays", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "train-corrections": {"task": "moderation.train_corrections", "schedule": timedelta(minutes=10), "options": {"expires": 60}},
    "heartbeat": {"task": "newsroom.heartbeat", "schedule": timedelta(seconds=15), "options": {"expires": 15}},
    "tell-followers": {"task": "moderation.tell_followers", "schedule": timedelta(seconds=5), "options": {"expires": 5}},
    "gather-news": {"task": "moderation.gather_news", "schedule": timedelta(minutes=5), "options": {"expires": 300}},
    "forget-kept": {"task": "moderation.forget_kept", "schedule": timedelta(hours=6)},
    "forget-presence": {"task": "moderation.forget_presence", "schedule": timedelta(hours=6)},
    "forget-networks": {"task": "moderation.forget_networks", "schedule": timedelta(hours=6)},
    "forget-reporters": {"task": "moderation.forget_reporters", "schedule": timedelta(hours=6)},
    "forget-replays": {"task": "moderation.forget_replays", "schedule": timedelta(hours=24)},
}

# --- Comments ---------------------------------------------------------------------------------------------------------

COMMENT_MAX_LENGTH = 5_000  # code points, applied before any parser sees the text
LIVE_SECONDS = 10  # between two questions of an open page whether its thread has grown
COMMENT_PAGE_SIZE = 50  # top-level comments a page
COMMENT_REPLIES_SHOWN = 200  # replies of one top-level comment on a thread page
COMMENT_REPLIES_IN_API = 20  # the same in an answer of the API, which gives the address of the rest
COMMENT_LEVELS = 3  # so deep replies nest on a page; what lies deeper opens as a conversation of its own
COMMENT_LONG = 1_200  # characters of a text after which readers unfold the rest
COMMENT_SHOW_DISAGREEMENT = False  # whether the number of "Kurang setuju" is public; it counts for "Terbaik" in any case
COMMENT_EDIT_MINUTES = read_number("COMMENT_EDIT_MINUTES", 15)
NETWORK_RETENTION_DAYS = read_number("NETWORK_RETENTION_DAYS", 90, least=1)


def read_rate_limits(text: str) -> tuple[tuple[int, int], ...]:
    """`3/m,20/h` -> ((3, 60), (20, 3600)); `off` -> ()."""
    if text.strip().lower() == "off":
        return ()
    limits = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*([1-9]\d{0,6})/([smhd])\s*", part)
        if match is None:
            raise ImproperlyConfigured(f"COMMENT_RATE_LIMITS must look like 3/m,20/h (s, m, h or d), or be off, not {text!r}.")
        limits.append((int(match[1]), {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]]))
    return tuple(limits)


COMMENT_RATE_LIMITS = read_rate_limits(env.str("COMMENT_RATE_LIMITS", default="3/m,20/h"))
# What else a reader can write, by network. `off` above switches these off as well: one switch for load tests. Looser than for
# comments, since a mobile provider puts a whole town behind one address.
COMMENT_EDIT_LIMITS = ((10, 60), (60, 3_600)) if COMMENT_RATE_LIMITS else ()
COMMENT_REACTION_LIMITS = ((60, 60), (1_000, 3_600)) if COMMENT_RATE_LIMITS else ()
# Articles of other sites that come into being with their first reply, where a publication allows it: by network, and altogether.
COMMENT_REGISTER_LIMITS = ((5, 3_600), (20, 86_400)) if COMMENT_RATE_LIMITS else ()
COMMENT_REGISTER_LIMITS_FOR_ALL = ((300, 3_600),) if COMMENT_RATE_LIMITS else ()
# Mails to an address that nobody has confirmed yet, by network and by address: a stranger's mailbox must not be flooded through us.
COMMENT_CONFIRM_MAILS = ((5, 3_600), (20, 86_400))
COMMENT_CONFIRM_MAILS_TO_ONE = ((3, 86_400),)
COMMENT_CONFIRM_AGE = timedelta(days=1)  # how long the link is good
COMMENT_KEEP_DAYS = 7  # so long a reply is kept whose author has not shown yet what the publication requires
# Who may write: functions of article and commenter that raise a comments.submission.Refused, asked in this order.
SUBMISSION_GATES = ["moderation.sanctions.gate"]
COMMENT_REPORT_LIMITS = ((5, 60), (30, 3_600)) if COMMENT_RATE_LIMITS else ()
COMMENT_NUDGE_LIMITS = ((20, 60), (200, 3_600)) if COMMENT_RATE_LIMITS else ()
COMMENT_NUDGE = "moderation.nudge.look"  # what looks at a reply before it is sent (see comments/nudge.py); empty for nothing
COMMENT_GLOBAL_BUDGET = read_number("COMMENT_GLOBAL_BUDGET", 3_000, least=1)  # comments in 10 minutes; above it everything is held

# --- Moderation -------------------------------------------------------------------------------------------------------

# The order is the order of the findings on the moderator's screen. Each is a module of moderation/checks, see docs/checks.md.
MODERATION_CHECKS = [
    "gambling",
    "promotion",
    "abuse",
    "links",
    "phrases",
    "repeats",
    "flood",
    "traps",
    "evasion",
    "new_author",
    "shouting",
    "language",
]
MODERATION_SHADOW_CHECKS: list[str] = []  # recorded, not counted
NUDGE_CHECKS = ["gambling", "promotion", "abuse", "links", "phrases", "shouting"]  # those that need nothing but the text
SCREEN_ATTEMPTS = 3
SCREEN_CHECK_SECONDS = 2  # one check; then its finding says ERROR
SCREEN_TASK_SECONDS = 15  # the whole task; then its process is ended
SCREEN_GRACE = timedelta(seconds=8)  # the sweep leaves a fresh comment to its own wake-up call for so long
SCREEN_LEASE = timedelta(seconds=20)  # after so long without a verdict another worker may try; doubles with each attempt
CLAIM_MINUTES = 10
# The order of the queue: harm × certainty × reach is a head start on those that have waited longer, see docs/adr/0023.
MODERATION_HARMS = {
    "abuse": 1.0,
    "gambling": 0.9,
    "promotion": 0.7,
    "phrases": 1.0,
    "links": 0.7,
    "repeats": 0.8,
    "flood": 0.6,
    "traps": 0.5,
    "new_author": 0.4,
    "shouting": 0.3,
    "language": 0.3,
}  # checks that are not named, and rules: 1.0
MODERATION_HEAD_START = timedelta(hours=12)  # what the most urgent comment is ahead of a harmless one
MODERATION_REACH_HALF_LIFE = timedelta(hours=24)  # an article has half of its readers behind it
MODERATION_REACH_LEAST = 0.5  # what the oldest, quietest article still counts
MODERATION_UNDO_SECONDS = 10  # so long a decision is offered to be taken back beside the next comment, and nobody is told of it
MODERATION_UNDO_FOR = timedelta(days=30)  # so long it can be taken back from the history
ALARM_WAITING_HOURS = 12  # a comment that has waited longer stands among the dashboard's alarms
REPORT_WEIGHT_TO_HOLD = 1.5  # of readers' reports; three of known readers, see moderation/reports.py for what one weighs
LEGAL_NOTICE_HOURS = 24  # the desk's clock for a notice of illegal content
LEGAL_NOTICE_DAYS = 180  # so long after its answer the name and address of who sent it are kept
LEGAL_NOTICE_LIMITS = ((3, 600), (10, 86_400)) if COMMENT_RATE_LIMITS else ()
MODERATION_API_LIMITS = ((600, 60),)  # requests of one moderator's token
# Scores for one key or moderator. Generous: the callers are the newsroom's own programs, and this stops the one that runs away.
MODERATION_SCORE_LIMITS = ((30_000, 60),) if COMMENT_RATE_LIMITS else ()
MODERATION_KEEP_SUGGESTIONS = False  # whether comments:suggestscore may write anything down
# How often a publication's corrections of the text models are learned anew from its decisions; None: never. They decide nothing until a
# person puts them into force.
MODERATION_LEARN_EVERY: timedelta | None = timedelta(hours=6)
MODERATION_LEARN_LEAST = 20  # decisions for a head below which nothing is learned
NOTICES_PER_ADDRESS = 10  # a day: nobody can make us flood a stranger's mailbox
NOTICES_NEWS = ((5, 3_600), (10, 86_400))  # of replies and followed threads, to one address; what is beyond waits for the day's news
NOTICES_DIGEST_HOUR = 6  # of the publication's day

# --- People and passwords ---------------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The second logs nobody in: it answers whether somebody may decide on one given comment.
# The third is by e-mail address, for readers alone: see moderation/accounts.py.
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "moderation.permissions.CommentPermissions",
    "moderation.accounts.ReaderBackend",
]
LOGIN_ATTEMPTS = ((10, 300), (50, 86_400))  # failed log-ins by name and by network: (count, seconds)
LOGIN_MAILS_TO_ONE = ((5, 3_600), (15, 86_400))  # mails about an account (links, codes) to one address
LOGIN_MAILS = ((20, 3_600), (100, 86_400)) if COMMENT_RATE_LIMITS else ()  # the same and new accounts, by network
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "person"

# Readers' accounts: django-allauth, its flows with our pages, our mails and our limits.
ACCOUNT_ADAPTER = "moderation.accounts.ReaderAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "moderation.forms.NameForm"
ACCOUNT_FORMS = {
    "login": "moderation.account_forms.LoginForm",
    "signup": "moderation.account_forms.SignupForm",
    "reset_password": "moderation.account_forms.ResetPasswordForm",
    "request_login_code": "moderation.account_forms.RequestLoginCodeForm",
    "confirm_login_code": "moderation.account_forms.ConfirmLoginCodeForm",
    "change_password": "moderation.account_forms.ChangePasswordForm",
    "set_password": "moderation.account_forms.SetPasswordForm",
    "reset_password_from_key": "moderation.account_forms.ResetPasswordKeyForm",
    "add_email": "moderation.account_forms.AddEmailForm",
}
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = COMMENT_CONFIRM_AGE.days
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True  # in the browser that signed up, and in no other
ACCOUNT_CHANGE_EMAIL = True  # one address; the new one takes its place once it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600  # seconds: the mail has to arrive
ACCOUNT_SESSION_REMEMBER = True
SOCIALACCOUNT_ADAPTER = "moderation.social.SocialAdapter"
ACCOUNT_RATE_LIMITS = False  # ours are counted in Redis, for all processes, and outlive its absence: newsroom/limits.py

# Log-in by other sites, each only where its keys are given; without any, none of their libraries is loaded. See docs/readers.md.
GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET = env.str("GOOGLE_CLIENT_ID", default=""), env.str("GOOGLE_CLIENT_SECRET", default="")
OIDC_ISSUER, OIDC_NAME = env.str("OIDC_ISSUER", default="").rstrip("/"), env.str("OIDC_NAME", default="")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_ID", default=""), env.str("OIDC_CLIENT_SECRET", default="")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
_login_origins: list[str] = []  # where the log-in button's form leads: browsers ask the policy about that as well
if bool(GOOGLE_CLIENT_ID) != bool(GOOGLE_CLIENT_SECRET):
    raise ImproperlyConfigured("GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET belong together: give both or neither.")
if GOOGLE_CLIENT_ID:
    SOCIALACCOUNT_PROVIDERS["google"] = {
        "APPS": [{"client_id": GOOGLE_CLIENT_ID, "secret": GOOGLE_CLIENT_SECRET}],
        "SCOPE": ["profile", "email"],
        "OAUTH_PKCE_ENABLED": True,
    }
    _login_origins.append("https://accounts.google.com")
if any((OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME)):
    if not all((OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME)):
        raise ImproperlyConfigured("OIDC_ISSUER, OIDC_NAME, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: give all or none.")
    _issuer = urlsplit(OIDC_ISSUER)
    if _issuer.scheme != "https" or not _issuer.hostname:
        raise ImproperlyConfigured(f"OIDC_ISSUER must be an https address such as https://masuk.kabar.example, not {OIDC_ISSUER!r}.")
    _oidc = {"provider_id": "oidc", "name": OIDC_NAME, "client_id": OIDC_CLIENT_ID, "secret": OIDC_CLIENT_SECRET}
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"APPS": [{**_oidc, "settings": {"server_url": OIDC_ISSUER}}], "OAUTH_PKCE_ENABLED": True}
    _login_origins.append(f"https://{_issuer.netloc}")
if SOCIALACCOUNT_PROVIDERS:
    if find_spec("requests") is None or find_spec("jwt") is None:
        raise ImproperlyConfigured("Log-in by other sites needs more packages: sh requirements/install.sh social.")
    INSTALLED_APPS += ["allauth.socialaccount", *(f"allauth.socialaccount.providers.{name}" for name in SOCIALACCOUNT_PROVIDERS)]

# --- Language and time ------------------------------------------------------------------------------------------------

LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="id")
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise ImproperlyConfigured(f"LANGUAGE_CODE must be one of {', '.join(dict(LANGUAGES))}, not {LANGUAGE_CODE!r}.")
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Jakarta")
if TIME_ZONE not in zoneinfo.available_timezones():
    raise ImproperlyConfigured(f"TIME_ZONE must be a name such as Asia/Jakarta, not {TIME_ZONE!r}.")
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "newsroom" / "locale"]

# --- Mail -------------------------------------------------------------------------------------------------------------

try:
    _email: dict[str, Any] = (
        env.email_url("EMAIL_URL")
        if env.str("EMAIL_URL", default="")
        else {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(DATA_DIR / "mail")}
    )
except (environ.ImproperlyConfigured, ValueError) as error:
    raise ImproperlyConfigured(f"EMAIL_URL must look like smtp+tls://user:password@host:587, not what it is: {error}") from error
if _email["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend":
    _email["EMAIL_FILE_PATH"] = "/" + _email["EMAIL_FILE_PATH"].lstrip("/")
vars().update({name: value for name, value in _email.items() if name.startswith("EMAIL_")})
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="redaksi@localhost")
if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+|[^<>\r\n]+ <[^@\s<>]+@[^@\s<>]+>", DEFAULT_FROM_EMAIL):
    raise ImproperlyConfigured("DEFAULT_FROM_EMAIL must be an address, or a name and an address: Kabar <redaksi@kabar.example>.")

# --- Static files -----------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "newsroom.static_storage.LeanStorage"},
}

# --- Kept bytes: public pages made once and sent before Django is asked, see newsroom/gateway.py ---------------------------

# What kept bytes can depend on: a name, and the function that tells the state of each key (see newsroom/kept.py).
KEPT_TOPICS = {
    "site": "newsroom.topics.site_states",
    "newest": "newsroom.topics.newest_states",
    "address": "newsroom.topics.address_states",
    "thread": "comments.topics.thread_states",
}
KEPT_BYTES = 32 * 2**20  # in each web process
KEPT_SHARED_BYTES = 400_000  # compressed; a larger answer is not put into Redis
KEPT_SECONDS = 60  # then bytes are made anew even if nothing has changed: "3 minutes ago" stands in them
KEPT_LOOK_SECONDS = 0.4  # between two questions to the database whether the bytes in use still hold
KEPT_STALE_SECONDS = 1.5  # bytes that the database has not confirmed for so long are not sent
# A request with a cookie whose name holds one of these is one reader's own, and goes to Django. Ours all begin with "balasan_".
PRIVATE_COOKIES = ["balasan_", "sessionid", "csrftoken", "messages", "django_language"]

# --- Demo data: each function loads its part of seeds/ into an empty database, in this order -----------------------------

SEEDERS = ["newsroom.seeding.seed", "moderation.seeding.seed"]

# --- Health: what /readyz and /metrics ask beyond database and Redis, as functions of the apps above (see newsroom/health.py) ------

READINESS_PROBES = ["moderation.health.overdue", "moderation.health.failing_checks", "moderation.health.usable_models"]
METRICS_PROBES = ["moderation.health.gauges"]
# What a web process calls in the background as it starts, so that the first request does not wait for it.
WARMUPS = ["moderation.scoring.warm"]
WORKER_PROBES = ["moderation.health.broken_checks"]
READY_SECONDS = 0.6  # how long the database may take to answer /readyz or /metrics
OVERDUE_SECONDS = 300  # a comment, a worker or beat this late turns /readyz red

# --- Security ---------------------------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 86_400
SECURE_SSL_REDIRECT = HTTPS and read_flag("SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144  # bytes; a form with 5,000 characters of four bytes each, percent-encoded, needs 60 kB
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *_login_origins],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["comments.api_access.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["comments.api_access.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "comments.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Balasan API",
    "DESCRIPTION": "Comments of a newsroom: read threads, submit and edit comments, moderate.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "SERVERS": [{"url": SITE_URL}],
    "ENUM_NAME_OVERRIDES": {
        "State": "comments.api_shapes.STATES",
        "ShownState": "comments.api_shapes.SHOWN_STATES",
        "ReportReason": "moderation.api_shapes.REPORT_REASONS",
        "DecisionReason": "moderation.api_shapes.PERSONS_REASONS",
        "Level": "moderation.scoring_api.LEVELS",
        "Head": "moderation.scoring.HEADS",
    },
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "editToken": {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'With the prefix "EditToken ".'},
            "tokenAuth": {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'With the prefix "Token ".'},
            "apiKey": {"type": "apiKey", "in": "header", "name": "Authorization", "description": 'With the prefix "ApiKey ".'},
        }
    },
}

# --- Logs: structured, one line an event, without comment text, e-mail or IP -------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured(f"LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL, not {LOG_LEVEL!r}.")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"private": {"()": "newsroom.logs.DropPrivate"}},
    "formatters": {"json": {"()": "newsroom.logs.JsonLines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["private"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "celery": {"level": "INFO"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
