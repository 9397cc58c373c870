#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the pages of docs/scenarios show is what the commands print today.

Oracle: the pages, read and judged by people. Usage: scenario_pages.py BINARY SOURCE_DIR
"""
import re
import shlex
import subprocess

import command

# A command on a line of its own, then what it prints. Lines with an ellipsis are cut by the author.
SHOWN = re.compile(r"^    iommusim (?P<arguments>.+)\n\n```\n(?P<output>(?:.*\n)*?)```\n", re.MULTILINE)


def arguments_of(shown):
    return shlex.split(shown["arguments"].replace(" --json out.json", ""))


def is_ready(source, arguments):
    """Pages also show commands on files that only their reader has."""
    files = [word for word in arguments if word.endswith((".yaml", ".trace", ".zst", ".jsonl"))]
    return all((source / file).exists() for file in files)


def test(iommusim, checks):
    compared = 0
    for page in sorted((iommusim.source / "docs/scenarios").glob("*.md")):
        for shown in SHOWN.finditer(page.read_text()):
            arguments = arguments_of(shown)
            if not is_ready(iommusim.source, arguments):
                continue
            compared += 1
            done = subprocess.run([str(iommusim.binary), *arguments], cwd=iommusim.source, capture_output=True, text=True,
                                  timeout=command.LONGEST_RUN_SECONDS)
            printed = done.stdout.splitlines()
            for line in shown["output"].splitlines():
                checks.expect("…" in line or line in printed, f"{page.name}: iommusim {shlex.join(arguments)}: {line}")
    checks.expect(compared >= 4, f"only {compared} commands of the pages could be compared")


command.main(test)
