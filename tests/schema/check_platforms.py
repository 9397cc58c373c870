#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks every ready platform against docs/platform.schema.json, and that the schema refuses damaged ones.

Oracle: the schema, written from docs/platform-format.md and not from the loader. Usage: check_platforms.py SOURCE_DIR
"""
import copy
import json
import pathlib
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 as the loader reads it: 01.0 and 8086:1572 stay text, yes and no are no booleans."""


CoreLoader.yaml_implicit_resolvers = {}
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^(0|[1-9][0-9]*)$"), list("0123456789"))
CoreLoader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def complaints(validator, document):
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(document)]


def damages(platform):
    """The platform with one thing wrong at a time."""
    def damaged(change):
        copied = copy.deepcopy(platform)
        change(copied)
        return copied

    yield "no memory", damaged(lambda p: p.pop("memory"))
    yield "an unknown key", damaged(lambda p: p.update(colour="red"))
    yield "a size with a decimal unit", damaged(lambda p: p["memory"][0].update(size="2GB"))
    yield "an unknown policy", damaged(lambda p: p["host_bridges"][0].update(peer_to_peer="maybe"))
    yield "an endpoint on a root bus", damaged(
        lambda p: p["host_bridges"][0].update(devices=[{"name": "e0", "type": "endpoint", "at": "01.0"}]))
    yield "a mapping without memory", damaged(
        lambda p: p.update(software={"domains": [{"name": "d", "type": "dma", "mappings": [{"iova": 0}]}]}))


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "docs" / "platform.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = sorted([*(source / "platforms").rglob("*.yaml"), *(source / "tests").rglob("*.yaml")])
    failures = 0 if files else 1
    for file in files:
        platform = yaml.load(file.read_text(), Loader=CoreLoader)
        for complaint in complaints(validator, platform):
            print(f"{file.relative_to(source)}: {complaint}")
            failures += 1
        for what, damaged in damages(platform):
            if not complaints(validator, damaged):
                print(f"{file.relative_to(source)}: the schema accepts {what}")
                failures += 1
    print(f"{len(files)} platforms, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
