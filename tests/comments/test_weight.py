"""Script and style of a thread are small, on our page and in a frame; the figure is printed with `pytest -s`."""

from __future__ import annotations

import gzip
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from comments.embed_views import script
from comments.frames import shorten
from newsroom.static_storage import lean

MOST = 15_000  # bytes, gzip, script and style together
STYLES = ("newsroom/tokens.css", "comments/thread.css", "comments/frame.css")
SCRIPTS = ("comments/thread.js", "comments/live.js", "comments/frame.js")


def source(name: str) -> str:
    found = finders.find(name)
    assert isinstance(found, str), name
    return Path(found).read_text()


def packed(text: str) -> int:
    return len(gzip.compress(text.encode(), 9))


def test_script_and_style_of_the_thread_are_below_15_kb() -> None:
    sizes = {"embed.js": len(script("embed.js")[1]), "style": packed(shorten("".join(map(source, STYLES))))}
    sizes |= {name: packed(lean(source(name))) for name in SCRIPTS}
    print(f"\ngzip bytes: {sizes}, together {sum(sizes.values())}")
    assert sum(sizes.values()) < MOST


def test_scripts_are_collected_without_their_comments() -> None:
    collected = list(Path(settings.STATIC_ROOT, "comments").glob("thread.*.js"))
    assert [path.read_text() for path in collected] == [lean(source("comments/thread.js"))]
    assert "// " not in "".join(line[:3] for line in collected[0].read_text().splitlines())


def test_a_text_over_several_lines_is_left_as_it_is() -> None:
    spread = "  const text = `one\n    two`;\n  // a comment\n"
    assert lean(spread) == spread
    assert lean("  // a comment\n\n  a(`b`);\n") == "a(`b`);\n"
