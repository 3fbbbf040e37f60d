"""What the text checks cost on this machine: `python -m benchmarks.text_checks`. Texts are the gold sentences of the tests."""

from __future__ import annotations

from moderation.training.cost import measure
from tests.moderation.gold import read


def main() -> None:
    """Print microseconds for one comment through all text checks, load, memory, and hostile texts."""
    spent = measure([sentence.text for sentence in read()])
    print(f"all text checks: {spent.mean:.0f} us a comment (p99 {spent.p99:.0f}), {spent.letters:.0f} characters on average")
    print(f"the same once their words are remembered: {spent.again:.0f} us")
    print(f"models: load {spent.load:.0f} ms, {spent.memory:.1f} MB in memory, {spent.disk:.0f} kB on disk")
    for name, milliseconds in spent.hostile.items():
        print(f"5,000 code points of {name}: {milliseconds:.1f} ms")


if __name__ == "__main__":
    main()
