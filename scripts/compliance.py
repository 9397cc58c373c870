#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists in docs/compliance.md which numbered statements have a test.

    scripts/compliance.py [--check]

The statements are those of docs/statements.tsv: number, statement and, where a test proves it only in part, what is
absent. A statement is modelled when the name of a test case under tests/ begins with its number. --check writes
nothing and fails when the document is out of date.
"""
import argparse
import collections
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
document = root / "docs" / "compliance.md"
statements_file = root / "docs" / "statements.tsv"
marker = "<!-- scripts/compliance.py writes everything below this line. -->\n"
families = {"VTD": "VT-d", "SMMU": "SMMUv3", "GIC": "the message targets of a GIC",
            "ACS": "PCI Express routing and ACS", "POL": "what Linux and its users believe"}

string = r'"(?:[^"\\]|\\.)*"'
test_case = re.compile(rf"\b(?:TEMPLATE_)?(?:TEST_CASE|SCENARIO)(?:_METHOD)?\s*\(\s*(?:\w+\s*,\s*)?((?:{string}\s*)+)")
numbers_of_name = re.compile(r"^((?:[A-Z]+-\d{3}(?:,| and)?\s+)+)(.*)$")

Test = collections.namedtuple("Test", "file sentence")


def read_statements():
    rows = [line.split("\t") for line in statements_file.read_text().splitlines()]
    for number, row in enumerate(rows, 1):
        if len(row) not in (2, 3):
            sys.exit(f"{statements_file.relative_to(root)}:{number}: found {len(row)} fields, expected 2 or 3")
    return {row[0]: row[1:] for row in rows[1:]}


def read_tests():
    """Number to tests, in the order of files and lines."""
    tests = collections.defaultdict(list)
    for file in sorted((root / "tests").rglob("*.cpp")):
        for match in test_case.finditer(file.read_text()):
            name = "".join(part[1:-1] for part in re.findall(string, match.group(1))).replace('\\"', '"')
            numbered = numbers_of_name.match(name)
            if not numbered:
                continue
            for number in re.findall(r"[A-Z]+-\d{3}", numbered.group(1)):
                tests[number].append(Test(file.relative_to(root).as_posix(), numbered.group(2)))
    return tests


def row(number, statement, tests):
    proofs = "<br>".join(f"[{test.sentence}](../{test.file})" for test in tests)
    status = "absent"
    if tests:
        status = "modelled" if len(statement) == 1 else f"modelled, but {statement[1]}"
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (number, statement[0], status, proofs)) + " |"


def table(family, statements, tests):
    ours = {number: statement for number, statement in statements.items() if number.startswith(family + "-")}
    proven = sum(1 for number in ours if tests[number])
    lines = [f"\n## Statements on {families[family]}\n",
             f"{proven} of {len(ours)} are modelled, each with the tests that prove it.\n",
             "| number | statement | status | tests |", "|---|---|---|---|"]
    lines += [row(number, statement, tests[number]) for number, statement in ours.items()]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the document is out of date")
    options = parser.parse_args()
    statements, tests = read_statements(), read_tests()
    unknown = sorted(set(tests) - set(statements))
    if unknown:
        sys.exit(f"tests name statements that docs/statements.tsv does not have: {', '.join(unknown)}")
    written_by_hand, found, old = document.read_text().partition(marker)
    if not found:
        sys.exit(f"{document.relative_to(root)} has lost its line {marker.strip()}")
    new = "".join(table(family, statements, tests) for family in families)
    if options.check:
        if new != old:
            sys.exit("docs/compliance.md is out of date: run scripts/compliance.py")
    else:
        document.write_text(written_by_hand + marker + new)
    for family in families:
        numbers = [number for number in statements if number.startswith(family + "-")]
        print(f"{family}: {sum(1 for number in numbers if tests[number])} of {len(numbers)} statements modelled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
