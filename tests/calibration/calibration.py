#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds simulated latency and bandwidth against published measurements, and the two timings against each other.

    calibration.py --binary build/release/bin/iommusim [EXPERIMENT ...] [OPTIONS]

docs/calibration.md explains the experiments. Oracle: expected.csv, which names the source of every figure.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import experiments  # noqa: E402  (no bytecode in the source tree)
import measure  # noqa: E402
import points  # noqa: E402
import table  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="numbers; default: all that are demanded")
    parser.add_argument("--binary", required=True, help="iommusim")
    parser.add_argument("--timing", choices=(*table.TIMINGS, "both"), default="both")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time; default 2")
    parser.add_argument("--further", action="store_true", help="also what is not demanded: other hosts and sizes")
    parser.add_argument("--details", action="store_true", help="print every point")
    parser.add_argument("--json", help="write the table to this file")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a point misses its tolerance, or the "
                        "timings differ by more than 10 %%")
    given = parser.parse_args()
    for number in given.experiments:
        if number not in experiments.DEMANDED and number not in experiments.FURTHER:
            parser.error(f"found experiment {number}, expected one of: "
                         f"{' '.join((*experiments.DEMANDED, *experiments.FURTHER))}")
    return given


def chosen(given):
    known = {**experiments.DEMANDED, **experiments.FURTHER}
    default = known if given.further else experiments.DEMANDED
    return {number: known[number] for number in given.experiments or default}


def measure_experiments(given, laboratory):
    """All runs of all experiments in one pool."""
    rows = list(points.rows())
    by_experiment = {number: list(make([row for row in rows if row.experiment == number]))
                     for number, (_, make) in chosen(given).items()}
    everything = [point for made in by_experiment.values() for point in made]
    timings = table.TIMINGS if given.timing == "both" else (given.timing,)
    figures = {timing: measure.measure_all(laboratory, everything, timing, given.jobs, show_progress)
               for timing in timings}
    begin = 0
    for number, made in by_experiment.items():
        own = {timing: found[begin:begin + len(made)] for timing, found in figures.items()}
        values = {timing: [point.combine(*found) for point, found in zip(made, own[timing])] for timing in own}
        yield table.Result(number, chosen(given)[number][0], made, own, values)
        begin += len(made)


def show_progress(timing, done, total):
    if sys.stderr.isatty():
        print(f"\r{timing}: {done} of {total} runs\033[K", end="" if done < total else "\r\033[K", file=sys.stderr)


def main():
    given = arguments()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="iommusim-calibration-") as folder:
        laboratory = measure.Laboratory(pathlib.Path(given.binary).resolve(), folder)
        results = list(measure_experiments(given, laboratory))
    if given.details:
        table.print_details(results)
        print()
    table.print_table(results)
    for failure in laboratory.failures:
        print(f"calibration.py: {failure}", file=sys.stderr)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(table.document(results), indent=1) + "\n")
    print(f"{laboratory.runs} runs in {time.monotonic() - begin:.0f} s")
    return 1 if laboratory.failures or given.check and not all(result.passed for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
