"""The latency table and its charts as text and files."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRectF, QSaveFile, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtSvg import QSvgGenerator

from inspector.core.errors import InspectorError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.ui.features.latency.model import LatencyModel

_FIELDS = ("p50", "p90", "p95", "p99", "max", "mean", "on_loop", "awaiting")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table_as_csv(model: LatencyModel) -> str:
    """Return all figures of the table as CSV; lengths of time in ns, empty where nothing was measured."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    times = [f"{name}_ns" for name in _FIELDS]
    writer.writerow([model.grouping, "runs", "failed", "faulted", "measured", *times, "per_second", "cut_off"])
    for row in range(model.rowCount()):
        group = model.group(row)
        stats = group.stats
        # A spreadsheet would take such a name for a formula.
        name = f"'{group.name}" if group.name.startswith(_FORMULA) else group.name
        figures = [getattr(stats, field) for field in _FIELDS]
        writer.writerow(
            [name, stats.count, stats.failed, stats.faulted, stats.measured]
            + ["" if math.isnan(figure) else round(figure) for figure in figures]
            + ["" if math.isnan(stats.throughput) else f"{stats.throughput:.6g}", stats.cut_off]
        )
    return text.getvalue()


def table_as_text(model: LatencyModel, rows: list[int], columns: list[int]) -> str:
    """Return what the table shows, with its titles, columns between tabs.

    Args:
        model: The table.
        rows: Its rows, in the order in which they are shown.
        columns: Its columns, from the left to the right.
    """
    titles = [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns]
    lines = [titles, *([model.text(row, column) for column in columns] for row in rows)]
    return "\n".join("\t".join(line) for line in lines)


def picture_as_png(widget: QWidget) -> bytes:
    """Return a widget as it is on the screen, as PNG."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return bytes(data.data())


def picture_as_svg(widget: QWidget) -> bytes:
    """Return a widget as a drawing."""
    data = QByteArray()
    buffer = QBuffer(data)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(QSize(widget.width(), widget.height()))
    generator.setViewBox(QRectF(0, 0, widget.width(), widget.height()))
    generator.setTitle("Latency")
    painter = QPainter(generator)
    widget.render(painter, QPoint())
    painter.end()
    return bytes(data.data())


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    Raises:
        InspectorError: It could not be written; what stood there before still does.
    """
    file = QSaveFile(str(path))
    written = file.open(QIODevice.OpenModeFlag.WriteOnly) and file.write(content) == len(content)
    if not (written and file.commit()):
        raise InspectorError(f"Cannot write {path}: {file.errorString()}.", "Choose another place.")
