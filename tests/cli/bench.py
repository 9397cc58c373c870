#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bench takes every figure in one run, and two build trees can be compared. How fast is not looked at.

Oracle: the names of docs/benchmarks.md. Usage: bench.py BINARY SOURCE_DIR
"""
import json
import re
import subprocess
import sys

import command

# Not in every build: what `iommusim run` refuses is left out, in words.
MAY_BE_LEFT_OUT = "approx-"


def documented_figures(iommusim):
    """First cells of the tables."""
    text = (iommusim.source / "docs" / "benchmarks.md").read_text()
    first_cells = re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", " ".join(first_cells)))


def start(iommusim, script, *words):
    return subprocess.run([sys.executable, "-B", str(iommusim.source / script), *map(str, words)], cwd=iommusim.folder,
                          capture_output=True, text=True, timeout=command.LONGEST_RUN_SECONDS)


def every_figure_is_taken(iommusim, checks):
    done = start(iommusim, "tests/bench/run_bench.py", iommusim.binary.parent, "--output", "bench.json", "--rounds",
                 "2", "--accesses", "100000", "--seconds", "0.001", "--stream", "1000", "2000")
    if not checks.equal((done.returncode, done.stderr), (0, ""), "the bench"):
        return
    bench = json.loads((iommusim.folder / "bench.json").read_text())
    taken = {figure["name"] for figure in bench["figures"]}
    left_out = set(re.findall(r"^(\S+) is left out: ", done.stdout, re.MULTILINE))
    checks.expect(all(name.startswith(MAY_BE_LEFT_OUT) for name in left_out), f"left out: {left_out}")
    checks.equal(taken | left_out, documented_figures(iommusim), "figures taken or left out")
    checks.equal([entry["name"] for entry in bench["memory"]], ["memory-1000", "memory-2000"], "use of memory")
    for figure in bench["figures"]:
        checks.expect(figure["per_second"] > 0 and figure["note"], f"figure {figure}")
        checks.expect(figure["name"] in done.stdout, f"{figure['name']} is not printed")


def failures_are_told(iommusim, checks):
    for what, words in (("no build", ("nowhere", "--output", "bad.json")),
                        ("no place", (iommusim.binary.parent, "--output", "nowhere/bad.json", "--rounds", "1", "--only",
                                      "start-up", "--stream"))):
        done = start(iommusim, "tests/bench/run_bench.py", *words)
        checks.equal(done.returncode, 1, f"{what}: exit code")
        checks.expect(re.fullmatch(r"run_bench.py: [^\n]+\n", done.stderr), f"{what}: {done.stderr}")


def trees_are_compared(iommusim, checks):
    """A tree and another name for it: the same build."""
    (iommusim.folder / "other").mkdir()
    (iommusim.folder / "other" / "bin").symlink_to(iommusim.binary.parent)
    done = start(iommusim, "scripts/compare_bench.py", "--builds", iommusim.binary.parent.parent, "other", "--rounds",
                 "2", "--only", "^loose-writes$", "--accesses", "100000", "--threshold", "0.99")
    checks.equal(done.returncode, 0, f"a build and itself: {done.stderr}: exit code")
    checks.equal([line.split()[0] for line in done.stdout.splitlines()], ["loose-writes", "0"], "figures compared")


def test(iommusim, checks):
    every_figure_is_taken(iommusim, checks)
    failures_are_told(iommusim, checks)
    trees_are_compared(iommusim, checks)


command.main(test)
