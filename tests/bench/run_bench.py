#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes all figures in one run, on one core, and writes them as JSON. docs/benchmarks.md tells what each is.

    run_bench.py BIN --output FILE [--rounds N] [--accesses N] [--only REGEX] [--core N]

BIN is the folder of a build's binaries. Every round takes each figure once, so that what else the machine does meets
all of them alike; a figure is the median of the rounds.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import sys
import tempfile
import time

import figures
import stream_memory
import workloads

BUSY_SHARE = 0.9


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", type=pathlib.Path, help="folder of a build's binaries")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="JSON file to write")
    parser.add_argument("--rounds", type=positive, default=5, help="default 5")
    parser.add_argument("--accesses", type=positive, default=1_000_000, help="of an end-to-end run; default 1000000")
    parser.add_argument("--seconds", type=float, default=0.2, help="of a micro-benchmark in a round; default 0.2")
    parser.add_argument("--stream", type=positive, nargs="*", metavar="N", default=[100_000, 1_000_000, 10_000_000],
                        help="lengths of the traces for the use of memory; default 100000 1000000 10000000")
    parser.add_argument("--only", metavar="REGEX", default="", help="take only the figures whose name this finds")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="default: the last one")
    return parser.parse_args()


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def end_to_end(options, folder):
    """What this build can measure with `iommusim run`; says what it cannot."""
    iommusim = options.bin / "iommusim"
    candidates = [figures.EndToEnd(iommusim, timing, workload, options.accesses, folder)
                  for timing in ("loose", "approx") for workload in workloads.WORKLOADS]
    candidates.append(figures.EndToEnd(iommusim, "loose", workloads.WORKLOADS[0], options.accesses, folder, "text"))
    candidates.append(figures.StartUp(iommusim, folder))
    for candidate in candidates:
        if not re.search(options.only, candidate.name):
            continue
        try:
            progress(f"preparing {candidate.name}")
            candidate.prepare()
            yield candidate
        except figures.Unavailable as reason:
            progress("")
            print(f"{candidate.name} is left out: {reason}")


def take_rounds(measurements, rounds):
    """Samples by name of the figure."""
    samples = {}
    for number in range(rounds):
        for measurement in measurements:
            progress(f"round {number + 1} of {rounds}: {getattr(measurement, 'name', 'micro-benchmarks')}")
            for name, sample in measurement.take().items():
                samples.setdefault(name, []).append(sample)
    progress("")
    return samples


def median(name, samples):
    middle = sorted(samples)[len(samples) // 2]
    return {"name": name, "per_second": round(middle.per_second, 3), "note": middle.note}


def use_of_memory(options):
    for accesses in options.stream:
        name = f"memory-{accesses}"
        if re.search(options.only, name):
            progress(name)
            mebibytes, _ = stream_memory.measure(options.bin / "iommusim", accesses)
            yield {"name": name, "max_rss_mib": round(mebibytes, 1),
                   "note": f"maximum resident set of `iommusim run` for {accesses} accesses from a pipe, loose"}
    progress("")


def show(bench):
    rates = {figure["name"]: figure["per_second"] for figure in bench["figures"]}
    for figure in bench["figures"]:
        print(f"{figure['name']:<30}{figure['per_second']:>16,.0f}  {figure['note']}")
    for entry in bench["memory"]:
        print(f"{entry['name']:<30}{entry['max_rss_mib']:>12.1f} MiB  {entry['note']}")
    if "loose-writes" in rates and "bare-b-transport-4-hops" in rates:
        share = rates["loose-writes"] / rates["bare-b-transport-4-hops"]
        print(f"loose-writes is {100 * share:.1f} % of bare-b-transport-4-hops")


def used_by_programs():
    """Seconds of processor time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bench(options, folder):
    micro = [figures.GoogleBenchmark(options.bin / program, options.seconds, options.only)
             for program in ("bench_bare_kernel", "bench_translate")]
    measurements = micro + list(end_to_end(options, folder))
    begin, used = time.monotonic(), used_by_programs()
    samples = take_rounds(measurements, options.rounds)
    share = (used_by_programs() - used) / (time.monotonic() - begin)
    result = {"figures": [median(name, taken) for name, taken in samples.items()],
              "memory": list(use_of_memory(options))}
    show(result)
    if share < BUSY_SHARE:
        print(f"The programs had {100 * share:.0f} % of their core: others were at work, and the figures are too low.")
    options.output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to {options.output}")


def main():
    options = arguments()
    os.sched_setaffinity(0, {options.core})
    try:
        with tempfile.TemporaryDirectory(prefix="iommusim-bench-") as folder:
            bench(options, pathlib.Path(folder))
    except (figures.Failed, OSError, RuntimeError) as error:
        progress("")
        print(f"run_bench.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
