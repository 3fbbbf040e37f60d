"""`manage.py import_articles`, as an operator meets it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsroom.models import Article, Section
from tests.factories import make_publication, make_section

pytestmark = pytest.mark.django_db
SEED = Path(__file__).resolve().parents[3] / "shared" / "seeds" / "000_60ed03d616c78821.txt"


def write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_articles", *arguments, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def publication() -> None:
    make_publication(name="Kabar", slug="kabar")


def test_imports_and_shows_the_article(tmp_path: Path, client: object) -> None:
    path = write(tmp_path, "a.md", "# Jembatan Dibuka\n\nWarga menyeberang.\n\nPejabat datang terlambat.\n\nTinggalkan Balasan\nNama *")
    assert "1 imported, 0 already there, 0 refused." in run(path)
    article = Article.objects.get()
    assert (article.title, article.slug, article.lead) == ("Jembatan Dibuka", "jembatan-dibuka", "Warga menyeberang.")
    assert article.paragraphs == ["Warga menyeberang.", "Pejabat datang terlambat."]
    assert (article.section.name, article.section.slug) == ("Umum", "umum")
    assert article.published_at is not None
    assert article.published_at <= timezone.now()


def test_twice_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "Judul\n\nIsi.")
    run(path)
    before = Article.objects.values().get()
    assert "0 imported, 3 already there" in run(path, path, write(tmp_path, "b.txt", "Judul\r\n\r\nIsi.\r\n"))
    assert Article.objects.values().get() == before


def test_an_edited_article_is_left_as_its_editors_made_it(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "Judul\n\nIsi.")
    run(path)
    Article.objects.update(title="Judul yang lebih baik", slug="lebih-baik")
    run(path)
    assert Article.objects.get().title == "Judul yang lebih baik"


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    out = run("--dry-run", write(tmp_path, "a.txt", "Judul\n\nIsi."))
    assert "would be imported" in out
    assert "1 to import" in out
    assert (Article.objects.count(), Section.objects.count()) == (0, 0)


def test_same_title_other_text_gets_a_slug_of_its_own(tmp_path: Path) -> None:
    run(*[write(tmp_path, f"{n}.txt", f"Judul sama\n\nIsi {n}.") for n in range(3)])
    assert set(Article.objects.values_list("slug", flat=True)) == {"judul-sama", "judul-sama-2", "judul-sama-3"}


def test_long_and_wordless_titles_get_slugs(tmp_path: Path) -> None:
    run(
        write(tmp_path, "a.txt", f"{'kata ' * 45}\n\nA."),
        write(tmp_path, "b.txt", f"{'kata ' * 45}\n\nB."),
        write(tmp_path, "c.txt", "?!\n\nC."),
    )
    slugs = set(Article.objects.values_list("slug", flat=True))
    assert "artikel" in slugs
    assert len(slugs) == 3
    assert max(map(len, slugs)) <= 120


def test_bad_files_are_refused_and_the_rest_is_kept(tmp_path: Path) -> None:
    good, empty, binary = (
        write(tmp_path, "good.txt", "Judul\n\nIsi."),
        write(tmp_path, "empty.txt", ""),
        write(tmp_path, "x.png", b"\0\1\2"),
    )
    with pytest.raises(CommandError) as refused:
        run(empty, binary, str(tmp_path / "nowhere.txt"), str(tmp_path), good)
    assert str(refused.value) == (
        "4 of 5 files were not imported: empty.txt is empty; x.png is no text file (it holds NUL bytes); "
        f"nowhere.txt does not exist; {tmp_path.name} is a folder."
    )
    assert Article.objects.get().title == "Judul"


def test_draft_is_not_published(tmp_path: Path) -> None:
    run("--draft", write(tmp_path, "a.txt", "Judul\n\nIsi."))
    assert Article.objects.get().published_at is None
    assert not Article.objects.published().exists()


def test_section_by_option_front_matter_and_name(tmp_path: Path) -> None:
    economy = make_section(name="Ekonomi", slug="ekonomi")
    run("--section", "ekonomi", write(tmp_path, "a.txt", "A\n\nIsi."))
    run(write(tmp_path, "b.txt", "---\nsection: EKONOMI\nbyline: Dewi\ndate: 2026-01-02 03:04\n---\nB\n\nIsi."))
    run("--section", "Laut & Pulau", write(tmp_path, "c.txt", "C\n\nIsi."))
    assert Article.objects.filter(section=economy).count() == 2
    article = Article.objects.get(title="B")
    assert article.byline == "Dewi"
    assert article.published_at is not None
    assert timezone.localtime(article.published_at).strftime("%Y-%m-%d %H:%M") == "2026-01-02 03:04"
    assert Article.objects.get(title="C").section.slug == "laut-pulau"


def test_a_wrong_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has a date that is none: '2026-13-45'"):
        run(write(tmp_path, "a.txt", "---\ndate: 2026-13-45\n---\nA\n\nIsi."))


def test_an_unknown_publication_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no publication 'kabra'; there are: kabar\."):
        run("--publication", "kabra", write(tmp_path, "a.txt", "A\n\nIsi."))


def test_section_of_the_same_name_in_two_publications(tmp_path: Path) -> None:
    make_publication(name="Post", slug="post")
    run("--section", "Umum", write(tmp_path, "a.txt", "A\n\nIsi."))
    run("--section", "Umum", "--publication", "post", write(tmp_path, "b.txt", "B\n\nIsi."))
    assert Article.objects.get(title="B").section.slug == "post-umum"


@pytest.mark.skipif(not SEED.exists(), reason="the shared seeds are not beside this checkout")
def test_the_shared_seed_comes_out_whole() -> None:
    run(str(SEED))
    run(str(SEED))
    article = Article.objects.get()
    assert article.title == "Putin Ucapkan Terimakasi Kepada Kim Jong Un Saat Melakukan Kunjungannya Ke Korea Utara"
    assert len(article.paragraphs) == 8
    for words in ("Tinggalkan Balasan", "Alamat email", "Ruas yang wajib"):
        assert words not in article.body
