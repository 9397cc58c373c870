#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the figures of two builds, as the target `bench` writes them.

    scripts/compare_bench.py OLD.json NEW.json [--threshold 0.05]
    scripts/compare_bench.py --builds OLD_TREE NEW_TREE [--rounds 5] [--only REGEX] [--threshold 0.05]

With --builds, the figures of two build trees (build/release) are taken by turns, with the workloads of this checkout:
whatever else the machine does meets both alike. Exit code 1: a figure is slower, or takes more memory, by more than the
threshold, or is gone. 2: bad input.
"""
import argparse
import collections
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

driver = pathlib.Path(__file__).resolve().parent.parent / "tests" / "bench" / "run_bench.py"

Table = collections.namedtuple("Table", "name key more_is_better worse better")
tables = (Table("figures", "per_second", True, "SLOWER", "faster"),
          Table("memory", "max_rss_mib", False, "MORE MEMORY", "less memory"))


class BadInput(Exception):
    pass


def number(place, entry, key):
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise BadInput(f"{place}: found no name, expected a text")
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise BadInput(f"{place}: {entry['name']}: found {key} {json.dumps(value)}, expected a number above 0")
    return float(value)


def read_table(file, document, table):
    entries = document.get(table.name, [])
    if not isinstance(entries, list):
        raise BadInput(f"{file}: {table.name}: found {type(entries).__name__}, expected a list")
    values = {}
    for index, entry in enumerate(entries):
        value = number(f"{file}: {table.name}[{index}]", entry, table.key)
        if entry["name"] in values:
            raise BadInput(f"{file}: {table.name}[{index}]: found {entry['name']} a second time, expected it once")
        values[entry["name"]] = value
    return values


def read_bench(file):
    """Value by name, for each table."""
    try:
        document = json.loads(pathlib.Path(file).read_text())
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: {getattr(error, 'strerror', None) or error}") from error
    if not isinstance(document, dict) or not document.get("figures"):
        raise BadInput(f"{file}: found no figures, expected what the target bench writes")
    return {table.name: read_table(file, document, table) for table in tables}


def medians(benches):
    """Of several runs of one build."""
    return {table: {name: statistics.median(bench[table][name] for bench in benches) for name in values}
            for table, values in benches[0].items()}


def take_once(tree, options, output):
    command = [sys.executable, "-B", driver, pathlib.Path(tree) / "bin", "--output", output, "--rounds", "1",
               "--accesses", str(options.accesses), "--only", options.only, "--stream"]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise BadInput(f"{tree}: run_bench.py ended with exit code {done.returncode}")
    return read_bench(output)


def take_by_turns(options):
    taken = {options.old: [], options.new: []}
    if len(taken) < 2:
        raise BadInput(f"{options.old}: found the same tree twice, expected two builds")
    with tempfile.TemporaryDirectory(prefix="iommusim-bench-") as folder:
        for turn in range(options.rounds):
            # Who comes first alternates, too.
            for tree in list(taken)[::-1 if turn % 2 else 1]:
                taken[tree].append(take_once(tree, options, pathlib.Path(folder) / "bench.json"))
            print(f"round {turn + 1} of {options.rounds} done", file=sys.stderr, flush=True)
    return medians(taken[options.old]), medians(taken[options.new])


def compare_table(table, old, new, threshold):
    """Prints one line a figure; gives how many are worse."""
    worse = 0
    for name, before in old.items():
        if name not in new:
            worse += 1
            print(f"{name:<30}{before:>16,.1f}{'':>28}MISSING")
            continue
        less, more = new[name] < before * (1 - threshold), new[name] > before * (1 + threshold)
        is_worse, is_better = (less, more) if table.more_is_better else (more, less)
        worse += is_worse
        verdict = table.worse if is_worse else table.better if is_better else ""
        change = 100 * (new[name] / before - 1)
        print(f"{name:<30}{before:>16,.1f}{new[name]:>16,.1f}{change:>+8.1f} %  {verdict}".rstrip())
    for name in new:
        if name not in old:
            print(f"{name:<30}{'':>16}{new[name]:>16,.1f}{'':>12}new")
    return worse


def warn_of_another_machine(old, new, threshold):
    changes = [new["figures"][name] / before - 1 for name, before in old["figures"].items()
               if name.startswith("bare-") and name in new["figures"]]
    if any(abs(change) > threshold for change in changes):
        print(f"bare SystemC itself changed by {100 * max(changes, key=abs):+.1f} %: the machine, its load or its "
              "compiler is not the same")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", help="bench.json; with --builds a build tree")
    parser.add_argument("new", help="bench.json; with --builds a build tree")
    parser.add_argument("--threshold", type=float, default=0.05, help="share that a figure may be worse; default 0.05")
    parser.add_argument("--builds", action="store_true", help="take the figures of two build trees by turns")
    parser.add_argument("--rounds", type=int, default=5, help="with --builds: of each tree; default 5")
    parser.add_argument("--accesses", type=int, default=1_000_000, help="with --builds: of an end-to-end run")
    parser.add_argument("--only", metavar="REGEX", default="", help="with --builds: only figures whose name this finds")
    options = parser.parse_args()
    if not 0 < options.threshold < 1:
        parser.error(f"--threshold: found {options.threshold}, expected a share between 0 and 1")
    if options.rounds < 1:
        parser.error(f"--rounds: found {options.rounds}, expected at least 1")
    return options


def main():
    options = arguments()
    try:
        if options.builds:
            old, new = take_by_turns(options)
        else:
            old, new = read_bench(options.old), read_bench(options.new)
    except BadInput as error:
        print(f"compare_bench.py: {error}", file=sys.stderr)
        return 2
    worse = sum(compare_table(table, old[table.name], new[table.name], options.threshold) for table in tables)
    warn_of_another_machine(old, new, options.threshold)
    print(f"{worse} of {sum(map(len, old.values()))} figures are worse by more than {100 * options.threshold:g} %")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
