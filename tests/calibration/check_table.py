#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the table says about points that hit and points that miss, with results written by hand instead of runs.

Oracle: arithmetic done by hand. Usage: check_table.py
"""
import math
import sys

sys.dont_write_bytecode = True

import experiments  # noqa: E402  (no bytecode in the source tree)
import measure  # noqa: E402
import points  # noqa: E402
import table  # noqa: E402

FAILED = []


def equal(found, expected, what):
    if found != expected and not (isinstance(found, float) and math.isclose(found, expected, abs_tol=1e-12)):
        FAILED.append(what)
        print(f"FAILED: {what}: expected {expected}, found {found}")


def point(expected, tolerance, unit="ns", name="p"):
    row = points.Row("1", name, "", "", 0, 0, "", expected, unit, tolerance, "")
    return points.Point(row, (measure.Run("platform", ()),))


def tolerances_are_fractions():
    for expected, tolerance, unit, allowed in ((500, "10ns", "ns", 0.02), (50, "8%", "Gb/s", 0.08),
                                               (-55, "8points", "points", 0.08), (2, "0", "MiB", 0)):
        equal(point(expected, tolerance, unit).row.allowed, allowed, f"{tolerance} of {expected} {unit}")
    equal(point(-55, "8points", "points").error(-51), 0.04, "error in percentage points")
    equal(point(500, "10ns").error(495), -0.01, "error of a latency")
    equal(point(0, "0", "bytes").error(24), 24.0, "error of what must be zero")


def the_worst_point_uses_most_of_its_own_tolerance():
    # Errors +4 %, -3 % and +1 %, with tolerances of 10, 4 and 2 %.
    made = [point(100, "10%", name="a"), point(100, "4%", name="b"), point(100, "2%", name="c")]
    fit = points.fit(made, [104, 97, 101])
    equal((fit.worst_point, fit.passed), ("b", True), "worst point")
    equal(fit.worst_error, 0.03, "worst error")
    equal(fit.tolerance, 0.04, "its tolerance")
    equal(fit.rms_error, math.sqrt((16 + 9 + 1) / 3) / 100, "root of the mean square")
    fit = points.fit(made, [104, 97, 102.1])
    equal((fit.worst_point, fit.passed), ("c", False), "a point outside its tolerance")
    equal(points.fit(made, [110, 96, 98]).passed, True, "points at the limit")


def nothing_counts_as_a_miss():
    exact = [point(2, "0", "MiB")]
    equal(points.fit(exact, [2]).passed, True, "an exact point")
    equal(points.fit(exact, [1]).passed, False, "an exact point that is missed")
    equal(points.fit([point(100, "10%")], [math.nan]).passed, False, "a run that failed")


def timings_are_compared_by_figure():
    """A small difference of two large figures may be far off without any of them being."""
    made = [points.Point(point(-3, "8points", "points").row, (), lambda a, b: 100 * (b / a - 1))]

    def result(loose):
        figures = {"approx": [[50, 50]], "loose": [loose]}
        values = {timing: [made[0].combine(*found[0])] for timing, found in figures.items()}
        return table.Result("12", "", made, figures, values)

    equal(result([52, 50]).worst_apart, 0.04, "how far the timings are apart")
    equal(result([52, 50]).passed, True, "timings that agree")
    equal(result([56, 56]).passed, False, "timings that differ by 12 %")
    equal(result([math.nan, 50]).passed, False, "timings of which one failed")
    described = table.describe(result([52, 50]))
    equal([described[name] for name in ("id", "points", "tolerance", "passed")], [12, 1, 0.08, True], "JSON")
    equal(described["worst_error"], 0.03, "JSON: worst error of approx")


def every_line_is_one_point():
    rows = list(points.rows())
    known = {**experiments.DEMANDED, **experiments.FURTHER}
    equal({row.experiment for row in rows} | {"1"}, set(known), "experiments of expected.csv")
    equal(set(experiments.DEMANDED) | set(experiments.ABSENT), {str(i) for i in range(1, 22)}, "experiments")
    for number, (_, make) in known.items():
        own = [row for row in rows if row.experiment == number]
        if own:
            equal([made.row for made in make(own)], own, f"points of {number}")
    equal(len({(row.experiment, row.point) for row in rows}), len(rows), "names of points that occur once")


def arithmetic_is_that_of_the_paper():
    """pcie-bench, table for 8GT/s x8, Max_Payload_Size 256: write and read, Gb/s, rounded to one decimal."""
    printed = {8: (14.5, 16.5), 64: (42.1, 44.1), 256: (52.9, 53.7)}
    made = {made.row.point: made.row.expected for made in experiments.link.arithmetic([])}
    for size, gbps in printed.items():
        for operation, expected in zip(("write", "read"), gbps):
            equal(round(made[f"8GT/s x8, payload 256 B, {size} B {operation}"], 1), expected, f"{size} B {operation}")


def main():
    for check in (tolerances_are_fractions, the_worst_point_uses_most_of_its_own_tolerance, nothing_counts_as_a_miss,
                  timings_are_compared_by_figure, every_line_is_one_point, arithmetic_is_that_of_the_paper):
        check()
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
