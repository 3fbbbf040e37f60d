"""Text that means harm: what may stand in any field, and must never be more than text."""

from __future__ import annotations

import json

from tests.conftest import SHARED_DATA, shared_data

RUN = "window.__ran=1"
OWN = (
    f"<script>{RUN}</script>",
    f"<ScRiPt src=data:,{RUN}></sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'"><img src=x onerror={RUN}>',
    f"' autofocus onfocus='{RUN}",
    f'" autofocus onfocus="{RUN}" x="',
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"<a href=javascript:{RUN}>tekan</a>",
    f'<a href="java\tscript:{RUN}">tekan</a>',
    f"<a href=&#106;avascript:{RUN}>tekan</a>",
    f"<a href=data:text/html,<script>{RUN}</script>>tekan</a>",
    f"<a href=https://example.com/ onmouseover={RUN} style=position:fixed;inset:0>tekan</a>",
    f"<a href='https://example.com/\" onfocus={RUN} x=\"'>tekan</a>",
    f'https://example.com/?"onmouseover={RUN}//',
    f"https://example.com/'><img/src/onerror={RUN}>",
    f"http://javascript:{RUN}@example.com/",
    f"javascript:{RUN}",
    f"javascript://example.com/%0a{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    "//example.com/skrip.js",
    "https://раураl.com/masuk",
    f"<iframe srcdoc='<script>parent.{RUN[7:]}</script>'></iframe>",
    "<iframe src=https://example.com/></iframe>",
    "<base href=https://example.com/>",
    "<meta http-equiv=refresh content=0;url=https://example.com/>",
    "<link rel=stylesheet href=https://example.com/a.css>",
    "<style>*{background:url(https://example.com/a.png)}</style>",
    "<form action=https://example.com/><button>Kirim Komentar",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<blockquote><p><img src=x onerror={RUN}</blockquote>",
    f"<code><script>{RUN}</script></code>",
    f"<p><br><em><strong onclick={RUN}>tebal",
    "{{ 7|add:7 }}{% load x %}${7*7}#{7*7}",
    "\u202eknil <b>kanan ke kiri</b>",
    "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301 zalgo",
    '=HYPERLINK("https://contoh.example")\t+1 @x',
    "\x0b\x0c\x1b[31m merah \x7f\x85 \ufffe \uffff",
    "\r\nSubject: disisipkan\r\n\r\n",
    "&lt;script&gt;window.__ran=1&lt;/script&gt; &amp;amp; &#60;b&#62;",
)


def shared() -> tuple[str, ...]:
    return tuple(entry["payload"] for entry in json.loads(shared_data("hostile_strings.json").read_text()))


def all_there_are() -> tuple[str, ...]:
    """Our own, and those that lie beside the checkout, if any do; without what PostgreSQL could not store."""
    there = (SHARED_DATA / "hostile_strings.json").exists()
    return OWN + tuple(text for text in (shared() if there else ()) if "\0" not in text)
