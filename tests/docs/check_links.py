#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that relative links in the documents lead to files and headings, and that no file names a place on the
machine where it was written.

Oracle: the tree itself. Usage: check_links.py SOURCE_DIR
"""
import os
import pathlib
import re
import sys

link = re.compile(r"\[[^\]]*\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
fence = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
code = re.compile(r"`[^`\n]*`")
heading = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)
# Folders that people work in. A relative path, a URL or a word before the slash is something else.
machine_path = re.compile(r"(?<![\w./~$}-])/(?:home|root|work|Users)/[\w.-]+")


def files_of(source):
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
        yield from (pathlib.Path(folder) / name for name in names)


def anchors_of(document):
    """The names under which a forge links to headings."""
    text = fence.sub("", document.read_text())
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in heading.findall(text)}


def broken_links(document):
    text = code.sub("", fence.sub("", document.read_text()))
    for target in link.findall(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        file = document.parent / path if path else document
        if not file.exists():
            yield f"{target} leads nowhere"
        elif anchor and file.suffix == ".md" and anchor not in anchors_of(file):
            yield f"{target} names no heading"


def machine_paths(file):
    try:
        text = file.read_text()
    except UnicodeDecodeError:
        return []
    return [f"{found} is a path of one machine" for found in machine_path.findall(text)]


def main():
    source = pathlib.Path(sys.argv[1])
    files = sorted(files_of(source))
    documents = [file for file in files if file.suffix == ".md"]
    complaints = [(file, text) for file in documents for text in broken_links(file)]
    complaints += [(file, text) for file in files for text in machine_paths(file)]
    for file, text in complaints:
        print(f"{file.relative_to(source)}: {text}")
    print(f"{len(documents)} documents, {len(files)} files, {len(complaints)} complaints")
    return 0 if documents and not complaints else 1


if __name__ == "__main__":
    sys.exit(main())
