#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What happens to an access does not depend on how time is kept.

Oracle: loose timing, which the expectations of the ready platforms hold. Usage: timings.py BINARY SOURCE_DIR
"""
import json

import jsonschema

import command
import platforms

TIMES = {"simulated_ns", "time_ns", "last_time_ns", "timing", "statistics", "read_latency_ns", "write_latency_ns"}


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def run(iommusim, platform, timing, options):
    done = iommusim.run("run", platform, "--timing", timing, "--json", "out.json", "--quiet", *options)
    return done.returncode, (iommusim.folder / "out.json").read_bytes()


# What changes times and nothing else.
CHANNELS = "[{traffic_classes: [0, 1, 2, 3]}, {traffic_classes: [4, 5, 6, 7], weight: 4}]"
DISTURBED = ("--set", f"devices.nic0.link={{virtual_channels: {CHANNELS}, bit_error_rate: 5e-5}}",
             "--set", "devices.nic0.dma={relaxed_ordering: true, id_ordering: true, traffic_class: 5}",
             "--set", "statistics.interval=100ns", "--set", "timing.seed=7")


def compare(iommusim, checks, platform, options, name):
    loose, approx = (run(iommusim, platform, timing, options) for timing in ("loose", "approx"))
    checks.equal(approx[0], 0, f"{name}: exit code with --timing approx")
    for timing, first in (("loose", loose), ("approx", approx)):
        checks.expect(run(iommusim, platform, timing, options) == first, f"{name}: two runs with {timing} timing differ")
    results = [json.loads(content) for _, content in (loose, approx)]
    checks.equal(without_times(results[1]), without_times(results[0]), name)
    return results


def check_series(iommusim, checks, results):
    schema = json.loads((iommusim.source / "docs/results.schema.json").read_text())
    for error in jsonschema.Draft202012Validator(schema).iter_errors(results):
        checks.expect(False, f"series: {error.message}")
    for kind in ("devices", "links", "iommus"):
        for name, group in results["statistics"][kind].items():
            checks.equal(group["series"]["interval_ns"], 100, f"{kind}.{name}: interval")
    for name, link in results["statistics"]["links"].items():
        checks.equal(sum(link["series"]["bytes"]["values"]), link["bytes"]["value"], f"links.{name}: sum of bytes")


def test(iommusim, checks):
    for platform in platforms.with_trace(iommusim.source):
        compare(iommusim, checks, platform, (), platform.stem)
    platform = iommusim.platform("nic-behind-acs-switch")
    plain = json.loads(run(iommusim, platform, "loose", ())[1])
    for results in compare(iommusim, checks, platform, DISTURBED, "disturbed"):
        checks.equal(without_times(results), without_times(plain), "disturbed against plain")
        check_series(iommusim, checks, results)
    shown = iommusim.run("run", platform, "--statistics", "--set", "statistics.interval=100ns").stdout
    checks.expect("bytes by time" in shown, "--statistics shows no time series")
    shown = iommusim.run("run", iommusim.platform("nic-behind-acs-switch"), "--timing", "approx", "--statistics").stdout
    for figure in ("write_bandwidth", "p99_9", "utilisation", "walk_reads_per_access", "queue_max"):
        checks.expect(figure in shown, f"--statistics shows no {figure}")


command.main(test)
