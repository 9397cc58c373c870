# SPDX-License-Identifier: Apache-2.0
"""How the experiments came out, for people and as JSON."""
import dataclasses
import math

import experiments
import points

TIMINGS = ("approx", "loose")
# Between the timings, as a fraction.
MOST_DIFFERENCE = 0.10


@dataclasses.dataclass(frozen=True)
class Result:
    """One experiment in all timings. `figures`: by timing, a list for each point; `values`: by timing, one each."""
    number: str
    title: str
    points: list
    figures: dict
    values: dict

    @property
    def fits(self):
        return {timing: points.fit(self.points, values) for timing, values in self.values.items()}

    def apart(self, i):
        """How far the timings differ at a point: its figures, not what is made of them."""
        if len(self.figures) < 2:
            return None
        approx, loose = (self.figures[timing][i] for timing in TIMINGS)
        return max(points.difference(*pair) for pair in zip(loose, approx))

    @property
    def worst_apart(self):
        apart = [self.apart(i) for i in range(len(self.points))]
        return None if None in apart else max(apart)

    @property
    def passed(self):
        return all(fit.passed for fit in self.fits.values()) and (self.worst_apart or 0) <= MOST_DIFFERENCE


def percent(fraction):
    return "-" if fraction is None or math.isnan(fraction) else f"{100 * fraction:.1f} %"


def print_table(results):
    timings = list(results[0].values)
    heads = [f"{timing:>8} worst      rms" for timing in timings]
    print(f"{'':>8} {'experiment':<52} {'points':>6} {'tolerance':>9} {' '.join(heads)} {'apart':>7}")
    for result in results:
        fits = result.fits
        columns = [f"{percent(fit.worst_error):>14} {percent(fit.rms_error):>8}" for fit in fits.values()]
        print(f"{result.number:>8} {result.title:<52} {len(result.points):>6} "
              f"{percent(next(iter(fits.values())).tolerance):>9} {' '.join(columns)} {percent(result.worst_apart):>7}"
              f"{'' if result.passed else '  MISSED: ' + misses(result)}")
    for number, reason in experiments.ABSENT.items():
        print(f"{number:>8} absent: {reason}")
    print("worst: the point that uses most of its own tolerance, which stands beside it. apart: loose from approx.")


def misses(result):
    missed = [f"{timing} at {fit.worst_point}" for timing, fit in result.fits.items() if not fit.passed]
    if (result.worst_apart or 0) > MOST_DIFFERENCE:
        missed.append("the timings are too far apart")
    return "; ".join(missed)


def print_details(results):
    for result in results:
        print(f"\n{result.number} {result.title}")
        for i, point in enumerate(result.points):
            row = point.row
            found = [f"{timing} {values[i]:10.3f} {100 * point.error(values[i]):+7.1f} %"
                     for timing, values in result.values.items()]
            print(f"  {row.point:<58} {row.expected:>9.2f} {row.unit:<6} {'  '.join(found)}  "
                  f"tolerance {row.tolerance}")


def finite(value):
    """JSON has no other numbers."""
    return value if value is not None and math.isfinite(value) else None


def describe(result):
    first, fits = next(iter(result.fits.items()))
    per_timing = {timing: {"worst_error": finite(fit.worst_error), "rms_error": finite(fit.rms_error),
                           "worst_point": fit.worst_point, "passed": fit.passed}
                  for timing, fit in result.fits.items()}
    details = [{"point": point.row.point, "unit": point.row.unit, "expected": point.row.expected,
                "tolerance": point.row.allowed, "source": point.row.source,
                **{timing: finite(values[i]) for timing, values in result.values.items()}}
               for i, point in enumerate(result.points)]
    return {"id": int(result.number) if result.number.isdigit() else result.number, "title": result.title,
            "points": len(result.points), "worst_error": finite(fits.worst_error), "rms_error": finite(fits.rms_error),
            "tolerance": fits.tolerance, "timing": first, "passed": result.passed, "timings": per_timing,
            "loose_from_approx": finite(result.worst_apart), "details": details}


def document(results):
    demanded = [describe(result) for result in results if result.number in experiments.DEMANDED]
    further = [describe(result) for result in results if result.number in experiments.FURTHER]
    absent = [{"id": int(number), "reason": reason} for number, reason in experiments.ABSENT.items()]
    return {"experiments": demanded, "further": further, "absent": absent}
