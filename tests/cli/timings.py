#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens to an access does not depend on how time is kept.

Oracle: loose timing, which the expectations of the ready platforms hold. Usage: timings.py BINARY SOURCE_DIR
"""
import json

import command
import platforms

TIMES = {"simulated_ns", "time_ns", "last_time_ns", "timing", "statistics", "read_latency_ns", "write_latency_ns"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def run(iommusim, platform, timing):
    done = iommusim.run("run", platform, "--timing", timing, "--json", "out.json", "--quiet")
    return done.returncode, (iommusim.folder / "out.json").read_bytes()


def test(iommusim, checks):
    for platform in platforms.with_trace(iommusim.source):
        loose, approx = (run(iommusim, platform, timing) for timing in ("loose", "approx"))
        checks.equal(approx[0], 0, f"{platform.stem}: exit code with --timing approx")
        checks.expect(run(iommusim, platform, "approx") == approx, f"{platform.stem}: two runs differ")
        checks.equal(without_times(json.loads(approx[1])), without_times(json.loads(loose[1])), platform.stem)
    shown = iommusim.run("run", iommusim.platform("nic-behind-acs-switch"), "--timing", "approx", "--statistics").stdout
    for figure in ("write_bandwidth", "p99_9", "utilisation", "walk_reads_per_access", "queue_max"):
        checks.expect(figure in shown, f"--statistics shows no {figure}")


command.main(test)
