#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy 14 over our sources (not the tests), with the compile commands of a configured build.

    scripts/tidy.py BUILD_DIR [--jobs N] [--quick] [--minutes N] [REGEX]

REGEX selects files by their path from the repository's root. A file that was clean is not looked at again until its
preprocessed text, .clang-tidy or clang-tidy changes: what was clean is remembered in ~/.cache/iommusim-tidy.
--quick leaves out the checks clang-analyzer-*, which follow every path through a function and take as long as all
others together, and cert-* and google-*, which find little that others do not and take another fifth.
--minutes begins no file after so long. What was changed last comes first, and how many files are left is told.
"""
import argparse
import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parent.parent
our_sources = r"(models|platforms|traces|analysis|app)/"
cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "iommusim-tidy"


def tool():
    for name in ("clang-tidy-14", "clang-tidy"):
        try:
            version = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
        if "version 14." in version:
            return name, version
    sys.exit("tidy.py needs clang-tidy 14: scripts/dependencies.sh --lint")


def by_last_change(entries):
    """The newest first; files that no commit has come before all others."""
    log = subprocess.run(["git", "log", "--format=", "--name-only"], cwd=root, capture_output=True, text=True).stdout
    age = {}
    for path in log.splitlines():
        age.setdefault(path, len(age))
    return sorted(entries, key=lambda entry: age.get(os.path.relpath(entry["file"], root), -1))


def preprocessed(entry):
    """What the compiler sees, comments included: NOLINT counts."""
    command = shlex.split(entry["command"])
    del command[command.index("-o"):command.index("-o") + 2]
    command[command.index("-c")] = "-E"
    return subprocess.run(command + ["-C"], cwd=entry["directory"], capture_output=True, check=True).stdout


def check(entry, build, command, context, deadline):
    """Whether the file is clean, and what was printed; nothing is known of a file after the deadline."""
    if time.monotonic() > deadline:
        return None, ""
    try:
        stamp = cache / hashlib.sha256(context + preprocessed(entry)).hexdigest()
    except subprocess.CalledProcessError as error:
        return False, error.stderr.decode()
    if stamp.exists():
        return True, ""
    done = subprocess.run([*command, "-quiet", "-p", build, entry["file"]], capture_output=True, text=True)
    if done.returncode == 0:
        cache.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    return done.returncode == 0, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", help="folder of a configured build")
    parser.add_argument("files", nargs="?", default=our_sources, help="regular expression; default: all but the tests")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no file after so long")
    parser.add_argument("--quick", action="store_true", help="leave out clang-analyzer-*, cert-* and google-*")
    options = parser.parse_intermixed_args()
    name, version = tool()
    command = [name, "--checks=-clang-analyzer-*,-cert-*,-google-*"] if options.quick else [name]
    context = " ".join(command).encode() + version.encode() + (root / ".clang-tidy").read_bytes()
    entries = [entry for entry in json.loads((pathlib.Path(options.build) / "compile_commands.json").read_text())
               if re.match(options.files, os.path.relpath(entry["file"], root))]
    if not entries:
        sys.exit(f"tidy.py: no compiled file matches {options.files}")
    deadline = time.monotonic() + options.minutes * 60
    failures = left = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        work = {pool.submit(check, entry, options.build, command, context, deadline): entry["file"]
                for entry in by_last_change(entries)}
        for done, future in enumerate(concurrent.futures.as_completed(work), 1):
            clean, findings = future.result()
            if clean is None:
                left += 1
                continue
            failures += not clean
            print(f"[{done}/{len(work)}] {os.path.relpath(work[future], root)}{'' if clean else ': findings'}", flush=True)
            if findings:
                print(findings, flush=True)
    print(f"clang-tidy: {len(work) - left} files, {failures} with findings"
          + (f"; {left} files, unchanged for longest, were left for lack of time" if left else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
