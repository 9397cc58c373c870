#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Equal runs give equal bytes, in text and in JSON.

Oracle: the first run. Usage: determinism.py BINARY SOURCE_DIR
"""
import command
import platforms


def outputs(iommusim, *arguments):
    done = iommusim.run(*arguments, "--json", "out.json")
    content = (iommusim.folder / "out.json").read_bytes()
    return done.returncode, done.stdout, content


def test(iommusim, checks):
    for platform in platforms.with_trace(iommusim.source):
        first = outputs(iommusim, "run", platform)
        checks.expect(first[0] == 0 and first[1] and first[2], f"{platform.stem}: no output to compare")
        checks.expect(outputs(iommusim, "run", platform) == first, f"{platform.stem}: two runs differ")
    question = ("explain", iommusim.platform("nic-behind-acs-switch"), "--device", "nic0", "--address", "0x3800000000")
    checks.expect(outputs(iommusim, *question) == outputs(iommusim, *question), "two explanations differ")


command.main(test)
