# SPDX-License-Identifier: Apache-2.0
"""Expected points, what measures them, and how far off they are."""
import csv
import dataclasses
import math
import pathlib
from typing import Callable

EXPECTED = pathlib.Path(__file__).with_name("expected.csv")


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of expected.csv. What a point does not need is empty there, and zero or empty here."""
    experiment: str
    point: str
    host: str
    operation: str
    size: int
    window: int
    cache: str
    expected: float
    unit: str
    tolerance: str
    source: str

    @property
    def scale(self):
        """What errors are fractions of: percentage points are fractions already."""
        if self.unit == "points":
            return 100.0
        return abs(self.expected) or 1.0

    @property
    def allowed(self):
        """The tolerance as a fraction of `scale`: "2%", "10ns" and "8points", or 0."""
        if self.tolerance.endswith("%"):
            return float(self.tolerance[:-1]) / 100
        return float(self.tolerance.rstrip("nspoits")) / self.scale


def rows(path=EXPECTED):
    with path.open(newline="") as file:
        for line in csv.DictReader(file):
            numbers = {name: int(line[name] or 0) for name in ("size", "window")}
            yield Row(**{**line, **numbers, "expected": float(line["expected"])})


@dataclasses.dataclass(frozen=True)
class Measurement:
    """A run, and the number that its results.json holds."""
    run: object
    figure: Callable[[dict], float]


@dataclasses.dataclass(frozen=True)
class Point:
    """`combine` makes the figure of the point from the figures of the measurements."""
    row: Row
    measurements: tuple
    combine: Callable[..., float] = lambda figure: figure

    def error(self, value):
        """As a fraction, so that |error| <= allowed is a point within its tolerance."""
        return (value - self.row.expected) / self.row.scale


def share_of_tolerance(error, allowed):
    """At most 1 is within the tolerance, up to the rounding of floating-point numbers."""
    if math.isnan(error):
        return math.inf
    if allowed == 0:
        return 0.0 if abs(error) < 1e-9 else math.inf
    return abs(error) / (allowed + 1e-12)


@dataclasses.dataclass(frozen=True)
class Fit:
    """How the points of one experiment come out in one timing."""
    worst_point: str
    worst_error: float
    tolerance: float
    rms_error: float
    passed: bool


def fit(points, values):
    """The worst point is the one that uses most of its own tolerance, which is given beside it."""
    errors = [point.error(value) for point, value in zip(points, values)]
    shares = [share_of_tolerance(error, point.row.allowed) for point, error in zip(points, errors)]
    worst = max(range(len(points)), key=lambda i: shares[i])
    rms = math.sqrt(sum(error**2 for error in errors) / len(errors))
    return Fit(points[worst].row.point, abs(errors[worst]), points[worst].row.allowed, rms, shares[worst] <= 1)


def difference(figure, reference):
    """Of one timing from the other, as a fraction."""
    if math.isnan(figure) or math.isnan(reference):
        return math.inf
    if figure == reference:
        return 0.0
    return abs(figure - reference) / abs(reference) if reference else math.inf
