#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every ready platform that names an expectation gives it.

Oracle: traces/*.expect.json, written by hand from the platform, the trace and the rules in docs/, before the first run.
Usage: check_expectations.py BINARY SOURCE_DIR
"""
import json
from collections import Counter

import command
import platforms


def counted(entries, keys):
    """Counts summed over entries that agree in `keys`: expectations do not care for pages and order."""
    sums = Counter()
    for entry in entries:
        # Of a GIC, INTID and processor stand in the columns of vector and destination.
        of_gic = {"vector": entry.get("intid"), "destination": entry.get("processor")}
        sums[tuple(entry[key] if key in entry else of_gic[key] for key in keys)] += entry["count"]
    return sums


def flat(collisions):
    return [{**c, "rule": c["cause"]["rule"], "where": c["cause"]["where"]} for c in collisions]


def compare(checks, name, results, expected):
    checks.equal(expected["schema"], "iommusim.expect/1", f"{name}: schema of the expectation")
    checks.equal(results["summary"]["landed"], expected["landed"], f"{name}: landed")
    keys = ("kind", "device", "rule", "where")
    checks.equal(counted(flat(results["collisions"]), keys), counted(expected["collisions"], keys),
                 f"{name}: collisions")
    for part, keys in (("faults", ("device", "iommu", "reason")), ("interrupts", ("device", "vector", "destination"))):
        checks.equal(counted(results[part], keys), counted(expected[part], keys), f"{name}: {part}")


def test(iommusim, checks):
    for platform in platforms.with_trace(iommusim.source):
        expectation = platforms.named_file(platform, "expectation")
        if expectation is None:
            continue
        name = platform.stem
        if checks.expect(expectation.exists(), f"{name}: {expectation.name} is missing"):
            compare(checks, name, iommusim.results(platform), json.loads(expectation.read_text()))


command.main(test)
