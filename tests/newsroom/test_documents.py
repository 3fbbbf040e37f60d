"""Documents: what becomes title and paragraphs, what is cut off, what is refused and with which words."""

from __future__ import annotations

import pytest

from newsroom.documents import MOST_BYTES, BadDocument, decode, parse

FORM = """Tinggalkan Balasan

Alamat email Anda tidak akan dipublikasikan. Ruas yang wajib ditandai *"""


def test_title_and_paragraphs() -> None:
    document = parse("\n\n  Jembatan dibuka  \n\nSatu baris\ndan lanjutannya.\n\n\n\nParagraf kedua.\n")
    assert document.title == "Jembatan dibuka"
    assert document.paragraphs == ("Satu baris dan lanjutannya.", "Paragraf kedua.")
    assert document.body == "Satu baris dan lanjutannya.\n\nParagraf kedua."


@pytest.mark.parametrize(
    "tail",
    [
        FORM,
        FORM.upper(),
        "## Tinggalkan Balasan\n\nKomentar",
        "**Tinggalkan Balasan**\nKomentar *",
        "Tinggalkan Balasan Batalkan balasan\nNama",
        "Tinggalkan Balasan untuk Dewi Batalkan balasan",
        "Alamat email Anda tidak akan dipublikasikan. Ruas yang wajib ditandai *\nNama *",
        "Leave a Reply\n\nYour email address will not be published. Required fields are marked *",
        "Leave a Comment",
    ],
)
def test_the_copied_reply_form_is_cut_off(tail: str) -> None:
    document = parse(f"Judul\n\nIsi pertama.\n\nIsi kedua.\n\n{tail}")
    assert document.paragraphs == ("Isi pertama.", "Isi kedua.")


@pytest.mark.parametrize(
    "sentence",
    [
        "Tinggalkan balasan di bawah, kata redaksi kepada pembaca, dan mereka menulis.",
        "Ia menolak: tinggalkan balasan itu, katanya.",
        "Leave a comment period of thirty days, the agency said, and it was ignored.",
    ],
)
def test_a_sentence_with_the_same_words_stays(sentence: str) -> None:
    assert parse(f"Judul\n\n{sentence}\n\nAkhir.").paragraphs == (sentence, "Akhir.")


def test_markdown() -> None:
    text = (
        "# Judul *miring* dan **tebal**\n\nKata _miring_, `kode`, [tautan](https://contoh.id) dan ![gambar](a.png)habis.\n\n"
        "### Subjudul ###\n- satu\n- dua\n\n***\n\n> kutipan\n> panjang\n\nSubjudul lain\n---\n\n2 * 3 * 4 = 24, nama_file_ini tetap."
    )
    document = parse(text)
    assert document.title == "Judul miring dan tebal"
    assert document.paragraphs == (
        "Kata miring, kode, tautan dan habis.",
        "## Subjudul",
        "• satu",
        "• dua",
        "kutipan panjang",
        "## Subjudul lain",
        "2 * 3 * 4 = 24, nama_file_ini tetap.",
    )


def test_title_with_an_underline() -> None:
    document = parse("Judul besar\n===========\n\nIsi.")
    assert (document.title, document.paragraphs) == ("Judul besar", ("Isi.",))


def test_front_matter() -> None:
    document = parse("---\nsection: Ekonomi\nlead: Teras: dengan titik dua\n---\n# Judul\n\nIsi.")
    assert document.meta == {"section": "Ekonomi", "lead": "Teras: dengan titik dua"}
    assert (document.title, document.lead) == ("Judul", "Teras: dengan titik dua")


def test_a_rule_above_the_title_is_no_front_matter() -> None:
    assert parse("---\nJudul tanpa titik dua\n\nIsi.").title == "Judul tanpa titik dua"


def test_lead_of_a_short_first_paragraph_is_the_paragraph() -> None:
    assert parse("Judul\n\nPendek saja.").lead == "Pendek saja."


def test_lead_of_a_long_first_paragraph_ends_with_a_sentence() -> None:
    first = "Kalimat pertama yang cukup panjang untuk berdiri sendiri sebagai teras berita. " + "Sambungan " * 40
    assert parse(f"Judul\n\n{first}").lead == "Kalimat pertama yang cukup panjang untuk berdiri sendiri sebagai teras berita."


def test_lead_without_an_early_sentence_end_is_shortened_at_a_word() -> None:
    lead = parse("Judul\n\n" + "kata " * 100).lead
    assert lead.endswith("kata…")
    assert len(lead) <= 240


def test_digest_does_not_depend_on_line_ends_or_file() -> None:
    assert parse("Judul\r\n\r\nIsi satu\r\nbaris.\r\n").digest == parse("\n# Judul\n\nIsi satu baris.").digest
    assert parse("Judul\n\nIsi.").digest != parse("Judul\n\nIsi lain.").digest


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"Judul\n\nCaf\xc3\xa9", "Judul\n\nCafé"),
        (b"\xef\xbb\xbfJudul", "Judul"),
        ("Judul é".encode("utf-16"), "Judul é"),
        (b"Judul caf\xe9 \x93kutipan\x94", "Judul café “kutipan”"),
    ],
)
def test_decode(content: bytes, text: str) -> None:
    assert decode(content) == text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is no text file"),
        (b"\xff\xd8\xff\xe0" + bytes(range(1, 32)) * 20, "is no text file"),
        (b"\xff\xfea", "damaged"),
        (b"a" * (MOST_BYTES + 1), "larger than 1000 kB"),
        (b"judul \x81\x8d", "neither UTF-8 nor Windows-1252"),
    ],
)
def test_decode_refuses(content: bytes, words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        decode(content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n\t\n", "is empty"),
        (FORM, "is empty"),
        ("Hanya judul", "no text below"),
        (f"Judul\n\n{FORM}", "no text below"),
        ("J" * 251 + "\n\nIsi.", "has a first line of 251 characters"),
        ("![gambar](a.png)\n\nIsi.", "has no title"),
    ],
)
def test_parse_refuses(text: str, words: str) -> None:
    with pytest.raises(BadDocument, match=words):
        parse(text)


def test_hostile_markup_takes_no_time() -> None:
    for text in ("*" * 100_000, "[" * 50_000 + "](" * 50_000, "_a" * 50_000, "`" * 99_999 + " x", "#" * 100_000, "- " * 50_000):
        parse(f"Judul\n\nIsi.\n\n{text}")


def test_control_characters_are_dropped() -> None:
    assert parse("Ju\x00dul\x07\n\nI\x1bsi.").title == "Judul"
