"""Plain Indonesian sentences of our own, put together at random but the same each time, of the length of real replies."""

from __future__ import annotations

import random

OPENINGS = ("Menurut saya", "Terima kasih beritanya,", "Semoga saja", "Saya setuju,", "Di kampung kami", "Kalau boleh usul,", "Kemarin")
SUBJECTS = ("jembatan itu", "harga beras", "jadwal kereta", "pasar pagi", "sekolah di sini", "jalan di depan rumah", "layanan puskesmas")
VERBS = ("sudah lama menunggu perbaikan", "memang lebih baik dari dulu", "perlu dilihat lagi", "sering terlambat", "membantu banyak orang")
ENDINGS = ("dan warga berharap ada kabar.", "tetapi belum tentu cukup.", "karena itu mari kita jaga bersama.", "begitu kata tetangga saya.")


def reply(number: int, length: int = 280) -> str:
    """The text of the n-th reply, about `length` characters."""
    rng = random.Random(number)
    parts: list[str] = []
    while sum(map(len, parts)) < length:
        parts.append(" ".join(rng.choice(words) for words in (OPENINGS, SUBJECTS, VERBS, ENDINGS)))
    return " ".join(parts)
