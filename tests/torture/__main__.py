"""Runs every campaign and prints promise by promise how often it was broken; exits 1 when one was.

python -m tests.torture            N = 25: a minute or two
python -m tests.torture 1000       about an hour
python -m tests.torture 10 --only fuzz damage --seed 7
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.campaigns import CAMPAIGNS, WEIGHTS


def main() -> int:
    """Run what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="make torture")
    parser.add_argument("n", nargs="?", type=int, default=25)
    parser.add_argument("--only", nargs="+", choices=tuple(CAMPAIGNS), default=tuple(CAMPAIGNS))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    logging.getLogger("inspector").addHandler(logging.NullHandler())  # trouble is what is tried: it is counted
    broken = 0
    for name in arguments.only:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="inspector-torture-") as folder:
            rng = random.Random(f"{arguments.seed} {name}")
            figures = asyncio.run(CAMPAIGNS[name](arguments.n * WEIGHTS[name], rng, Path(folder)))
        print(f"{name}: {figures.tried} tried in {time.monotonic() - begun:.0f} s")
        for promise, count in figures.broken.items():
            broken += count
            print(f"  {'ok  ' if not count else 'FAIL'}  {promise}: {count}")
        for what, value in figures.besides.items():
            print(f"        {what}: {value:.3g}")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
