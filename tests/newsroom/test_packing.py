from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.packing import TwoHoles, pack, unpack

BLANK = b"~blank~"


@given(st.binary(max_size=300), st.binary(max_size=300), st.binary(min_size=1, max_size=80))
def test_a_word_comes_out_where_the_hole_is(before: bytes, after: bytes, word: bytes) -> None:
    if (before + BLANK + after).count(BLANK) != 1:
        return
    packed = pack(before + BLANK + after, BLANK)
    assert packed.plain(word) == before + word + after
    assert gzip.decompress(packed.gzip(word)) == before + word + after  # checks the checksum and the length as well
    assert gzip.decompress(packed.gzip(BLANK)) == before + BLANK + after


@given(st.binary(max_size=300))
def test_a_body_without_a_hole(body: bytes) -> None:
    packed = pack(body)
    assert packed.plain(b"") == body
    assert gzip.decompress(packed.gzip(b"")) == body


def test_two_holes_are_refused() -> None:
    with pytest.raises(TwoHoles):
        pack(b"a~blank~b~blank~c", BLANK)


def test_the_compressed_pieces_say_all() -> None:
    packed = pack(b"before " * 300 + BLANK + b" after" * 300, BLANK)
    again = unpack(packed.squeezed)
    assert again.pieces == packed.pieces
    assert again.gzip(b"word") == packed.gzip(b"word")
