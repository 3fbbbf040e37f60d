"""Train the heads and write their artefacts: one call, seeded, the same bytes every time on the same library versions."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from moderation.classifiers import features, lexicon, model, reading, stored, vocabulary
from moderation.classifiers import normalise as normaliser
from moderation.classifiers.model import analyse
from moderation.training import corpus, data, fit, slices, words
from moderation.training.data import Row

VERSION: Final = "2026.12"
SEED: Final = 20261122

# L2 penalty, and the false-positive rates on harmless dev texts that set the thresholds: strict, then queue.
PLAN: Final[dict[str, tuple[float, float, float]]] = {
    "gambling": (2e-5, 0.0006, 0.0015),
    "promotion": (5e-5, 0.0002, 0.001),
    "abuse_id": (5e-5, 0.001, 0.003),
    "abuse_en": (1e-4, 0.002, 0.008),
}
PARTS: Final = (vocabulary.NAME, *PLAN)
# English words that at least this share of readers' marks covered, met at least this often.
MARKED_SHARE: Final = 0.45
MARKED_OFTEN: Final = 3


def rows_for(head: str, folder: Path, seed: int) -> list[Row]:
    """The training rows of a head; raises DataError where the data folder lacks a file."""
    makers: dict[str, Callable[[Path, int], list[Row]]] = {
        "gambling": corpus.for_gambling,
        "promotion": corpus.for_promotion,
        "abuse_id": corpus.for_abuse_id,
        "abuse_en": corpus.for_abuse_en,
    }
    return makers[head](folder, seed)


def marked_words(folder: Path) -> frozenset[int]:
    """Hashes of the English words that readers marked as toxic in news comments, as a rule and not by chance."""
    total: dict[str, int] = {}
    hits: dict[str, int] = {}
    for comment in data.toxic_spans(folder, "train"):
        if not comment.marked:
            continue
        analysis = analyse(comment.text)
        words = reading.read(analysis.normal)
        for word, start, end in zip(words.words, words.starts, words.ends, strict=True):
            first, stop = analysis.normal.original_span(start, end)
            total[word] = total.get(word, 0) + 1
            hits[word] = hits.get(word, 0) + (sum(place in comment.marked for place in range(first, stop)) * 2 > stop - first)
    return frozenset(
        lexicon.word_hash(word) for word, count in hits.items() if count >= MARKED_OFTEN and count >= MARKED_SHARE * total[word]
    )


def threshold(logits: slices.Floats, labels: slices.Labels, false_rate: float) -> float:
    """The logit that only `false_rate` of the harmless rows reach."""
    return float(np.quantile(logits[labels == 0], 1 - false_rate, method="higher"))


def _probability(power: float) -> float:
    return round(0.5 * (1 + math.tanh(power / 2)), 9)


def train_head(head: str, folder: Path, out: Path, seed: int = SEED, tell: Callable[[str], None] = print) -> str:
    """Fit, calibrate and write one head; the SHA-256 of what was written. Raises DataError."""
    rows = rows_for(head, folder, seed)
    tell(f"{head}: {len(rows)} rows, {sum(row.label for row in rows)} of them positive")
    return finish(head, folder, out, seed, len(rows), fit.fit(rows, seed, PLAN[head][0]), tell)


def finish(head: str, folder: Path, out: Path, seed: int, rows: int, fitted: fit.Fitted, tell: Callable[[str], None] = print) -> str:
    """Calibrate fitted weights, set the thresholds, write the artefact and its line in the manifest; the artefact's SHA-256."""
    _, strict_rate, queue_rate = PLAN[head]
    tuning = slices.dev(head, folder)
    logits = fit.logits(fitted, [analyse.__wrapped__(row.text) for row in tuning])
    labels = np.array([row.label for row in tuning])
    # Calibrated on disguised copies too: on plain dev texts alone the classes hardly overlap, and every answer would be 0 or 1.
    hidden = slices.robustness(head, folder)[::3]
    more = fit.logits(fitted, [analyse.__wrapped__(row.text) for row in hidden])
    slope, offset = fit.calibrate(np.append(logits, more), np.append(labels, [row.label for row in hidden]))
    slope, offset = round(slope, 6), round(offset, 6)
    # Harmless texts as people wrote them: those with a name put in are made to be hard, and are reported but not counted here.
    written = np.array([row.source != corpus.NAME_DROPPED for row in tuning])
    strict, queue = (threshold(logits[written], labels[written], rate) for rate in (strict_rate, queue_rate))
    marked = np.array(sorted(marked_words(folder)) if head == "abuse_en" else [], dtype=np.uint32)
    places = np.nonzero(fitted.weights)[0]
    gaps = np.diff(places, prepend=0)
    about = {
        "head": head,
        "version": VERSION,
        "format": model.FORMAT,
        "features": features.VERSION,
        "normaliser": normaliser.VERSION,
        "signs": list(features.SIGNS),
        "vocabulary": vocabulary.get().hash,
        "seed": seed,
        "rows": rows,
        "step": fitted.step,
        "bias": fitted.bias,
        "slope": slope,
        "offset": offset,
        "strict": _probability(slope * strict + offset),
        "queue": _probability(slope * queue + offset),
    }
    raw = stored.pack(
        {
            "places": gaps.astype(np.uint16 if int(gaps.max()) < 65_536 else np.uint32),
            "values": fitted.weights[places],
            "signs": fitted.signs,
            "marked": marked,
        },
        about,
    )
    digest = stored.write(head, raw, VERSION, out)
    model.unpack(head, raw, digest)
    tell(f"{head}: {len(raw)} bytes, {len(places)} weights, queue {about['queue']}, strict {about['strict']}, sha256 {digest[:12]}")
    return digest


def train_words(folder: Path, out: Path, tell: Callable[[str], None] = print) -> str:
    """Make the vocabulary, write it, and take it into use; the artefact's SHA-256. Heads that were trained with another one are
    refused from then on."""
    rows = words.counted(folder)
    raw = vocabulary.packed(rows, VERSION)
    digest = stored.write(vocabulary.NAME, raw, VERSION, out)
    vocabulary.use(vocabulary.unpacked(raw, digest))
    tell(f"{vocabulary.NAME}: {len(raw)} bytes, {len(rows)} words, sha256 {digest[:12]}")
    return digest


def train(
    folder: Path,
    out: Path = model.FOLDER,
    parts: tuple[str, ...] = PARTS,
    seed: int = SEED,
    tell: Callable[[str], None] = print,
) -> dict[str, str]:
    """Train the vocabulary and the heads from the data in `folder` into `out`; the SHA-256 of each artefact. A head alone is
    trained with the vocabulary that is installed."""
    for part in parts:
        if part not in PARTS:
            raise ValueError(f"There is no head '{part}': it is one of {', '.join(PLAN)}.")
    done = {vocabulary.NAME: train_words(folder, out, tell)} if vocabulary.NAME in parts else {}
    return done | {head: train_head(head, folder, out, seed, tell) for head in parts if head in PLAN}
