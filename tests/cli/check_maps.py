#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""map.json of every ready platform satisfies its schema, is a partition, and agrees with explain.

Oracle: docs/map.schema.json and docs/map.md. Usage: check_maps.py BINARY SOURCE_DIR
"""
import copy
import json

import jsonschema
import yaml

import command

# explain is a process of its own: enough to see every kind of range of a device, not all of them.
EXPLAINED_RANGES = 40


def is_partition(checks, name, ranges):
    following = 0
    for one in ranges:
        checks.equal(int(one["start"], 16), following, f"{name}: begin of a range")
        checks.expect(int(one["end"], 16) >= following, f"{name}: a range ends before it begins")
        following = int(one["end"], 16) + 1
    checks.expect(following & (following - 1) == 0, f"{name}: the last range ends at {following - 1:#x}")


def mapped_ranges(platform):
    """IOVA ranges that a platform file maps by address: where they lead is what software wants."""
    domains = yaml.safe_load(platform.read_text()).get("software", {}).get("domains", [])
    for mapping in (m for domain in domains for m in domain.get("mappings", []) if "physical" in m):
        iova = int(str(mapping["iova"]), 0)
        yield range(iova, iova + command.size(mapping["size"]))


def verdicts_follow(checks, name, ranges, mapped):
    """What the files tell: only where software decides by mapping may a fault or a refusal agree."""
    for one in ranges:
        believed = any(one["software"].values())
        at = f"{name} at {one['start']}: {one['verdict']}"
        if one["verdict"] == "unsafe":
            checks.expect(believed and any(one[side]["kind"] != "memory" for side in ("read", "write")), at)
        if one["verdict"] == "wasted":
            checks.expect(not believed, at)
        wanted = any(int(one["start"], 16) in iovas for iovas in mapped)
        # What a device may not translate is what the tables do not map.
        denied = one["hardware"].get("rule") in ("ats.translation-denied", "iommu.stall-unanswered")
        if believed and one["hardware"]["kind"] == "rejected" and not wanted and not denied:
            checks.equal(one["verdict"], "unsafe", at)


def explain_agrees(iommusim, checks, platform, name, ranges):
    for one in ranges[:EXPLAINED_RANGES]:
        for operation in ("read", "write"):
            told = iommusim.explanation(platform, "--device", name, "--address", one["start"], "--op", operation)
            # With interrupt remapping every message has an answer of its own. The map tells who gives it.
            if one[operation].get("rule") == "vtd.interrupt-remapping" and told["landed"]["kind"] == "iommu-fault":
                checks.expect(told["path"][-1]["rule"].startswith("vtd.fault-0x2"), f"{name}: {told['path']}")
                continue
            checks.equal(told["landed"]["kind"], one[operation]["kind"], f"{platform.stem}: {name} at {one['start']}")


def refuses_damage(checks, validator, document):
    for damage in (lambda d: d.pop("schema"), lambda d: d.update(extra=1),
                   lambda d: next(iter(d["devices"].values()))["ranges"][0].update(verdict="fine"),
                   lambda d: next(iter(d["devices"].values()))["ranges"][0]["hardware"].pop("rule"),
                   lambda d: next(iter(d["devices"].values())).update(reserved_regions=["0x0 0x1 msi"])):
        damaged = copy.deepcopy(document)
        damage(damaged)
        checks.expect(not validator.is_valid(damaged), "the schema accepts a damaged map")


def test(iommusim, checks):
    schema = json.loads((iommusim.source / "docs/map.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for platform in sorted((iommusim.source / "platforms").rglob("*.yaml")):
        document = iommusim.map(platform)
        mapped = list(mapped_ranges(platform))
        for error in validator.iter_errors(document):
            checks.expect(False, f"{platform.stem}: {error.json_path}: {error.message}")
        for name, device in document["devices"].items():
            is_partition(checks, f"{platform.stem}: {name}", device["ranges"])
            verdicts_follow(checks, f"{platform.stem}: {name}", device["ranges"], mapped)
        name, device = next(iter(document["devices"].items()))
        explain_agrees(iommusim, checks, platform, name, device["ranges"])
        checks.equal(iommusim.map(platform, "--device", name)["devices"], {name: device}, f"{platform.stem}: --device")
        refuses_damage(checks, validator, document)
    checks.equal(iommusim.run("map", platform, "--device", "nobody").returncode, 2, "an unknown device")


command.main(test)
