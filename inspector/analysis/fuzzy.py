"""Finding by a few letters."""

from __future__ import annotations


def fuzzy_score(pattern: str, text: str) -> int:
    """Return how well the letters of ``pattern`` are found in ``text``, in order; 0 means not at all.

    Letters at the beginnings of words and letters that follow one another count more; of two equals the shorter wins.
    """
    wanted = pattern.lower().replace(" ", "")
    if not wanted:
        return 1
    lowered = text.lower()
    whole = lowered.find(pattern.lower().strip())
    if whole == 0 or (whole > 0 and (text[whole].isupper() or not lowered[whole - 1].isalnum())):
        return 10_000 - whole - len(text)
    score, place, last = 0, 0, -2
    for letter in wanted:
        place = lowered.find(letter, place)
        if place < 0:
            return 0
        score += 20 if place == last + 1 else 0
        score += 30 if place == 0 or not lowered[place - 1].isalnum() or text[place].isupper() else 1
        last = place
        place += 1
    return max(1, score * 10 - len(text))
