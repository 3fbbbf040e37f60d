"""The catalogues are complete, and what we compile is what gettext would."""

from __future__ import annotations

import gettext
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsroom import catalogues

LOCALE = Path(settings.LOCALE_PATHS[0])
ROOT = Path(settings.BASE_DIR)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_entry_is_empty_or_fuzzy(language: str) -> None:
    messages = catalogues.read_po(po(language))
    assert [each.original for each in messages if each.original and not each.is_complete] == []
    assert len(messages) > 200


@pytest.mark.parametrize("language", ["id", "en"])
def test_placeholders_survive_translation(language: str) -> None:
    for each in catalogues.read_po(po(language)):
        if each.original:
            wanted = set(PLACEHOLDER.findall(each.original))
            for text in each.text.values():
                assert set(PLACEHOLDER.findall(text)) == wanted, each.original


def test_both_languages_hold_the_same_messages() -> None:
    assert {each.key for each in catalogues.read_po(po("id"))} == {each.key for each in catalogues.read_po(po("en"))}


TEMPLATES = sorted(path for app in ("newsroom", "comments", "moderation") for path in (ROOT / app).glob("templates/**/*.html"))
TRANSLATED = re.compile(r"""{% *translate +(?:"((?:[^"\\]|\\.)*)"|'([^']*)')""")
NO_WORDS = {"Balasan", "https", "sha256"}
WORDS = re.compile(r">\s*([^<>{}]*[a-z]{3,}[^<>{}]*?)\s*<")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_templates_words_are_in_both_languages(template: Path) -> None:
    source = template.read_text("utf-8")
    words = {double or single for double, single in TRANSLATED.findall(source)}
    for language in ("id", "en"):
        known = {each.original for each in catalogues.read_po(po(language))}
        assert words - known == set()


# Fit for programs only, in English for everybody.
FOR_PROGRAMMERS = {"api_docs.html", "api_docs_fields.html"}


@pytest.mark.parametrize("template", [path for path in TEMPLATES if path.name not in FOR_PROGRAMMERS], ids=lambda path: path.name)
def test_no_template_says_anything_past_the_catalogues(template: Path) -> None:
    source = template.read_text("utf-8")
    source = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", source, flags=re.DOTALL)
    source = re.sub(r"{% blocktranslate.*?endblocktranslate %}", "", source, flags=re.DOTALL)
    source = re.sub(r"<(kbd|code|style|script|svg).*?</\1>", "", source, flags=re.DOTALL)
    source = re.sub(r"{% block (?:bodyclass|coltype) %}.*?{% endblock.*?%}|{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL)
    assert [found for found in WORDS.findall(source) if found not in NO_WORDS] == []


SCRIPTS = sorted(path for app in ("newsroom", "comments", "moderation") for path in (ROOT / app).glob("s*/**/*.js"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_say_only_what_the_page_or_the_catalogues_give_them(script: Path) -> None:
    """A sentence in a script would be in one language. What goes to the console is for those who build pages."""
    source = re.sub(r"^\s*//.*$|console\.\w+\(.*?\);", "", script.read_text("utf-8"), flags=re.MULTILINE)
    sentences = re.findall(r"""(?:textContent|innerText|title|placeholder|ariaLabel) *=[^=;]*?["'`]([A-Za-z]{2,}[^"'`]*)["'`]""", source)
    assert sentences == []


def test_forms_of_plural() -> None:
    with translation.override("en"):
        assert ngettext("%(count)d minute", "%(count)d minutes", 1) % {"count": 1} == "1 minute"
        assert ngettext("%(count)d minute", "%(count)d minutes", 2) % {"count": 2} == "2 minutes"
    with translation.override("id"):
        assert ngettext("%(count)d minute", "%(count)d minutes", 2) % {"count": 2} == "2 menit"


CONTRACT = {
    "Leave a Reply": "Tinggalkan Balasan",
    "Your email address will not be published.": "Alamat email Anda tidak akan dipublikasikan.",
    "Required fields are marked *": "Ruas yang wajib ditandai *",
    "Comment": "Komentar",
    "Name": "Nama",
    "Email": "Email",
    "Website": "Situs Web",
    "Save my name, email, and website in this browser for the next time I comment.": (
        "Simpan nama, email, dan situs web saya pada peramban ini untuk komentar saya berikutnya."
    ),
    "Post Comment": "Kirim Komentar",
    "Reply": "Balas",
    "Cancel reply": "Batalkan balasan",
}


@pytest.mark.parametrize(("english", "indonesian"), CONTRACT.items())
def test_the_words_of_the_form(english: str, indonesian: str) -> None:
    with translation.override("id"):
        assert _(english) == indonesian


def test_compiled_catalogue_reads_like_gettexts(tmp_path: Path) -> None:
    ours = tmp_path / "ours.mo"
    ours.write_bytes(catalogues.to_mo(catalogues.read_po(po("id"))))
    with ours.open("rb") as file:
        read = gettext.GNUTranslations(file)
    assert read.gettext("Leave a Reply") == "Tinggalkan Balasan"
    if shutil.which("msgfmt") is None:
        return
    theirs = tmp_path / "theirs.mo"
    subprocess.run(["msgfmt", "-o", str(theirs), str(po("id"))], check=True, capture_output=True)
    with theirs.open("rb") as file:
        assert read._catalog == gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]


def test_compiling_twice_and_at_once_leaves_one_whole_file(tmp_path: Path, settings: object) -> None:
    folder = tmp_path / "id" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    shutil.copy(po("id"), folder)
    settings.LOCALE_PATHS = [tmp_path]  # type: ignore[attr-defined]
    threads = [threading.Thread(target=catalogues.compile_catalogues) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]
    assert (folder / "django.mo").read_bytes() == catalogues.to_mo(catalogues.read_po(po("id")))
    assert catalogues.compile_catalogues() == 0
    os.utime(folder / "django.po", (4e9, 4e9))
    assert catalogues.compile_catalogues() == 1


def test_command_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("compile_catalogues")
    call_command("compile_catalogues")
    assert capsys.readouterr().out.splitlines()[-1] == "0 made"


@pytest.mark.parametrize(
    ("text", "words"),
    [("msgid broken\n", "line 1: not a quoted string"), ('msgid "a"\nmsgwhat "b"\n', "line 2: 'msgwhat' is unknown here")],
)
def test_a_broken_catalogue_names_its_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "x.po"
    path.write_text(text)
    with pytest.raises(catalogues.BadCatalogue, match=words):
        catalogues.read_po(path)


def test_context_plural_escapes_and_fuzzy(tmp_path: Path) -> None:
    path = tmp_path / "x.po"
    path.write_text(
        'msgctxt "verb"\nmsgid "a\\n"\n"b"\nmsgstr "c\\"d"\n\n#, fuzzy\nmsgid "e"\nmsgstr "f"\n\n'
        'msgid "g"\nmsgid_plural "h"\nmsgstr[0] "i"\nmsgstr[1] "j"\n\n#~ msgid "old"\n#~ msgstr "alt"\n'
    )
    messages = catalogues.read_po(path)
    assert [(each.key, each.value, each.is_complete) for each in messages] == [
        ("verb\x04a\nb", 'c"d', True),
        ("e", "f", False),
        ("g\0h", "i\0j", True),
    ]


def test_an_entry_begins_also_where_no_empty_line_stands_before_it(tmp_path: Path) -> None:
    path = tmp_path / "x.po"
    path.write_text('msgid "a"\nmsgstr "b"\nmsgid "c"\n"d"\nmsgstr "e"\n#, fuzzy\nmsgid "f"\nmsgstr "g"\n')
    assert [(each.original, each.value, each.fuzzy) for each in catalogues.read_po(path)] == [
        ("a", "b", False),
        ("cd", "e", False),
        ("f", "g", True),
    ]


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="xgettext is not installed: makemessages was not run")
def test_makemessages_finds_nothing_new(tmp_path: Path) -> None:
    for name in ("newsroom", "comments", "moderation"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "artefacts", "*.mo"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    command = [sys.executable, "manage.py", "makemessages", "-l", "id", "-l", "en", "--no-location", "--no-wrap", "-v0"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env={**os.environ, "SEEDS_DIR": ""})
    for language in ("id", "en"):
        fresh = catalogues.read_po(tmp_path / "newsroom" / "locale" / language / "LC_MESSAGES" / "django.po")
        kept = {each.key for each in catalogues.read_po(po(language))}
        assert {each.key for each in fresh} - kept == set(), "run makemessages and translate these"
        assert kept - {each.key for each in fresh} == set(), "run makemessages: these are no longer used"
