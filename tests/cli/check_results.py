#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""results.json of every ready platform satisfies its schema and adds up; explain agrees with run.

Oracle: docs/results.schema.json and docs/results-format.md. Usage: check_results.py BINARY SOURCE_DIR
"""
import copy
import json
import re

import jsonschema
import yaml

import command
import platforms

PAGE = 4096


def adds_up(checks, name, results):
    summary = results["summary"]
    devices = results["devices"].values()
    kinds = {kind: count for kind, count in summary["collisions"].items() if kind != "total"}
    checks.equal(sum(summary["landed"].values()), summary["accesses"], f"{name}: sum of landed")
    checks.equal(sum(kinds.values()), summary["collisions"]["total"], f"{name}: sum of the kinds of collisions")
    for kind, count in kinds.items():
        checks.equal(sum(c["count"] for c in results["collisions"] if c["kind"] == kind), count, f"{name}: {kind}")
    for part in ("accesses", "bytes"):
        checks.equal(sum(d[part] for d in devices), summary[part], f"{name}: {part} of the devices")
    checks.equal(sum(d["collisions"] for d in devices), summary["collisions"]["total"], f"{name}: devices' collisions")
    for device, parts in results["devices"].items():
        checks.equal(sum(parts["landed"].values()), parts["accesses"], f"{name}: landed of {device}")
        for kind in ("read_latency_ns", "write_latency_ns"):
            latency = parts[kind]
            rising = [latency[key] for key in ("min", "p50", "p90", "p99", "p99_9", "max")]
            checks.expect(rising == sorted(rising), f"{name}: {kind} of {device}: {latency}")
            checks.expect(latency["min"] <= latency["mean"] <= latency["max"], f"{name}: {kind} of {device}: {latency}")
    for collision in results["collisions"]:
        checks.expect(collision["time_ns"] <= collision["last_time_ns"] <= summary["simulated_ns"], f"{name}: times")
        checks.expect(collision["cause"]["where"] in {hop["where"] for hop in collision["path"]}, f"{name}: cause")
        checks.equal(collision["path"][0]["where"], collision["device"], f"{name}: begin of the path")


def folding_only_folds(checks, name, folded, unfolded):
    checks.equal(unfolded["summary"], folded["summary"], f"{name}: summary with --all-collisions")
    checks.equal(len(unfolded["collisions"]), folded["summary"]["collisions"]["total"], f"{name}: --all-collisions")
    checks.expect(all(c["count"] == 1 for c in unfolded["collisions"]), f"{name}: a count with --all-collisions")


def whatever_cached(target):
    """explain asks the booted machine; the run may have filled the IOTLB since."""
    return {key: value for key, value in target.items() if key != "from_cache"} if target else target


def way(path):
    """Each hop with its rule. A hit in the IOTLB is the translation that a walk gives."""
    translations = ("vtd.iotlb-hit", "vtd.second-stage", "smmu.tlb-hit", "smmu.stage-1", "smmu.stage-2")
    return [(hop["where"], "translated" if hop["rule"] in translations else hop["rule"]) for hop in path]


def changes_mappings(iommusim, platform):
    """explain asks the machine as it was booted: it knows nothing of what is mapped, unmapped and switched in the course
    of a trace, or on demand, nor of requests that a device calls translated."""
    described = yaml.safe_load(platform.read_text())
    trace = (platform.parent / described["trace"]).resolve()
    is_plain = trace.suffix == ".trace"
    return "on_demand" in platform.read_text() or is_plain and re.search(r" (un)?map | set acs|[0-9] translated", trace.read_text()) is not None


def explain_agrees(iommusim, checks, platform, results):
    for collision in results["collisions"]:
        sender, _, operation = collision["operation"].rpartition("firmware-")
        if sender or operation not in ("read", "write"):
            continue
        by_firmware = ["--firmware"] if operation != collision["operation"] else []
        address = int(collision["iova"], 16)
        size = min(collision["size"], PAGE - address % PAGE)
        told = iommusim.explanation(platform, "--device", collision["device"], "--address", address,
                                    "--op", operation, "--size", size, *by_firmware)
        for part in ("intended", "landed"):
            if collision["landed"]["kind"] != "interrupt":  # explain sends no message data, so it knows no vector
                checks.equal(whatever_cached(told[part]), whatever_cached(collision[part]),
                             f"{platform.stem}: {part} at {collision['iova']}")
        checks.equal(told["collision"], collision["kind"], f"{platform.stem}: explain at {collision['iova']}")
        checks.equal(way(told["path"]), way(collision["path"]), f"{platform.stem}: path at {collision['iova']}")


def damages(results):
    """The results with one thing wrong at a time: the schema must refuse each."""
    def damaged(change):
        copied = copy.deepcopy(results)
        change(copied)
        return copied

    yield "an unknown key", damaged(lambda r: r.update(colour="red"))
    yield "a missing summary", damaged(lambda r: r.pop("summary"))
    yield "another schema", damaged(lambda r: r.update(schema="iommusim.results/2"))
    yield "an unknown kind", damaged(lambda r: r["collisions"][0].update(kind="bad-luck"))
    yield "an address as a number", damaged(lambda r: r["collisions"][0].update(iova=4096))
    yield "an address in decimal", damaged(lambda r: r["collisions"][0].update(iova="4096"))
    yield "a landing without place", damaged(lambda r: r["collisions"][0]["landed"].pop("where"))
    yield "a collision without cause", damaged(lambda r: r["collisions"][0].update(cause=None))
    yield "a collision without remedy", damaged(lambda r: r["collisions"][0].update(remedies=[]))
    yield "a landing of no kind", damaged(lambda r: r["summary"]["landed"].update(nowhere=1))


def test(iommusim, checks):
    schema = json.loads((iommusim.source / "docs/results.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for platform in platforms.with_trace(iommusim.source):
        results = iommusim.results(platform)
        unfolded = iommusim.results(platform, "--all-collisions")
        for document in (results, unfolded):
            for error in validator.iter_errors(document):
                checks.expect(False, f"{platform.stem}: {'.'.join(map(str, error.absolute_path))}: {error.message}")
        adds_up(checks, platform.stem, results)
        folding_only_folds(checks, platform.stem, results, unfolded)
        if not changes_mappings(iommusim, platform):
            explain_agrees(iommusim, checks, platform, results)
    colliding = iommusim.results(iommusim.platform("nic-behind-non-acs-switch"))
    for what, document in damages(colliding):
        checks.expect(not validator.is_valid(document), f"the schema accepts {what}")


command.main(test)
