"""Codes to colours: the picture of rows of cells, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from inspector.analysis.timeline.pyramid import Bytes, Ints


@dataclass(frozen=True)
class Lines:
    """What every line of a picture shows.

    Attributes:
        strips: Variant and row of cells of each kind of line that occurs, by variant; shape ``(n, 2)``.
        place: Which of them each line is, shape ``(height,)``.
    """

    strips: Ints
    place: Ints

    @classmethod
    def of(cls, lines: Ints) -> Lines:
        """Make it from variant and row of every line, shape ``(height, 2)``."""
        strips, place = np.unique(lines, axis=0, return_inverse=True)
        return cls(strips, place.reshape(-1))


def image(
    codes: Bytes, colours: npt.NDArray[np.uint32], lines: Lines, into: npt.NDArray[np.uint32] | None = None
) -> npt.NDArray[np.uint32]:
    """Give the picture of codes.

    Args:
        codes: Shape ``(slots, width)``; the last slot may be an empty one for lines between the lanes.
        colours: 0xffRRGGBB by variant and code, shape ``(variants, 128)``.
        lines: What every line shows.
        into: A picture that is no longer needed, painted over when its shape fits: fresh memory for each frame costs
            more than its pixels.

    Returns:
        0xffRRGGBB, shape ``(height, width)``.
    """
    strips = np.empty((len(lines.strips), codes.shape[1]), np.uint32)
    bounds = np.searchsorted(lines.strips[:, 0], np.arange(len(colours) + 1))
    for variant, (first, last) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        if first < last:
            np.take(colours[variant], codes[lines.strips[first:last, 1]], out=strips[first:last], mode="clip")
    shape = (len(lines.place), codes.shape[1])
    picture = into if into is not None and into.shape == shape else np.empty(shape, np.uint32)
    np.take(strips, lines.place, axis=0, out=picture, mode="clip")
    return picture
