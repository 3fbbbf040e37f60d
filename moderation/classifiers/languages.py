"""Which language a comment is in, from its small words: Indonesian, English, Javanese, Sundanese, or none of these for sure."""

from __future__ import annotations

from typing import Final, NamedTuple

from moderation.classifiers.normalise import normalise

_ROWS: Final = {
    "id": (
        "yang dan di ini itu tidak dengan untuk dari saya kamu kami kita mereka ada akan sudah bisa karena juga lagi "
        "aja saja gak ga nggak enggak tak kalau kalo jadi banget bukan atau pada ke nya apa siapa kenapa gimana "
        "bagaimana dia aku gue gua lo lu bang pak bu min admin semoga sangat lebih harus masih belum jangan tolong lah "
        "kok sih dong deh nih tuh ya"
    ),
    "en": (
        "the and is are was were to of in that this it for on with you your i my me we they he she not have has had be "
        "been will would can could should do does did what why how who when there their them from at by an as or if but "
        "so just about more all out up no"
    ),
    "jv": (
        "iki kuwi iku ora opo sing karo wis durung arep kowe aku kene kono piye ngono ngene nek yen saka ning neng lan "
        "mung tenan wae ae isih kabeh dadi sampeyan panjenengan mboten menika ingkang kaliyan nggih rek cah"
    ),
    "su": (
        "ieu eta henteu teu nu jeung keur ti ka abdi urang maneh anjeun kumaha naha atuh mah teh euy oge geus acan bade "
        "hayang sareng kanggo dina ayeuna pisan wae deui punten hatur nuhun kang teteh"
    ),
}
# Each small word with the languages that it belongs to.
_WORDS: Final = {word: [code for code, row in _ROWS.items() if word in row.split()] for line in _ROWS.values() for word in line.split()}
# Small words below which the answer is not given.
FEWEST: Final = 2


class Guess(NamedTuple):
    """`language` is a code, or "" where the text does not say; `share` is the part of its words that are that language's own."""

    language: str
    share: float
    latin: float


def guess(text: str) -> Guess:
    """The language with the most small words in a text; ties go to Indonesian, whose small words the regional languages share."""
    normal = normalise(text)
    words = normal.tokens
    if normal.text.isascii():
        latin = 1.0
    else:
        letters = [char for char in normal.text if char.isalpha()]
        latin = sum(map(str.isascii, letters)) / len(letters) if letters else 1.0
    small = list(filter(None, map(_WORDS.get, words)))
    if len(small) < FEWEST:
        return Guess("", 0.0, latin)
    counts = dict.fromkeys(_ROWS, 0)
    for languages in small:
        for language in languages:
            counts[language] += 1
    best = max(counts, key=counts.__getitem__)
    if counts[best] < FEWEST:
        return Guess("", 0.0, latin)
    return Guess(best, counts[best] / len(words), latin)
