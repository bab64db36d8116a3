"""What was measured, next to what was wanted."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

COMPARE: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge, "=": operator.eq}


@dataclass(frozen=True)
class Figure:
    """One line of the table. Without a target it is there to be read, and nothing is reached or missed."""

    name: str
    value: float
    unit: str = ""
    target: float | None = None
    wanted: Literal["<=", ">=", "="] = "<="
    note: str = ""
    details: Sequence[str] = field(default_factory=tuple)

    @property
    def reached(self) -> bool | None:
        return None if self.target is None else COMPARE[self.wanted](self.value, self.target)

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "NOT REACHED", None: ""}[self.reached]

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"reached": self.reached}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def shown(value: float, unit: str) -> str:
    """Three figures that count, and the unit."""
    if math.isnan(value):
        return "—"
    digits = 0 if value == 0 or value == int(value) or abs(value) >= 100 else 2 - math.floor(math.log10(abs(value)))
    return f"{value:,.{max(digits, 0)}f} {unit}".strip()


def table(figures: Sequence[Figure]) -> str:
    """All of them in columns, each with its details below."""
    signs = {"<=": "≤", ">=": "≥", "=": "="}
    cells = [
        (
            f.name,
            "" if f.target is None else f"{signs[f.wanted]} {shown(f.target, f.unit)}",
            shown(f.value, f.unit),
            f.verdict,
            f.note,
        )
        for f in figures
    ]
    head = ("What", "Target", "Measured", "", "Note")
    widths = [max(len(row[column]) for row in [head, *cells]) for column in range(4)]
    lines = [_line(head, widths), _line(["─" * width for width in [*widths, 4]], widths)]
    for figure, row in zip(figures, cells, strict=True):
        lines += [_line(row, widths), *(f"    {detail}" for detail in figure.details)]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join([*(cell.ljust(width) for cell, width in zip(cells[:4], widths, strict=True)), cells[4]]).rstrip()
