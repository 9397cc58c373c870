# SPDX-License-Identifier: Apache-2.0
"""The ready platforms, with the trace and the expectation that each names."""
import re


def named_file(platform, key):
    """The file that a platform names under `key`, relative to it. None: it names none."""
    match = re.search(rf"^{key}:\s*(\S+)", platform.read_text(), re.MULTILINE)
    return platform.parent / match[1] if match else None


def with_trace(source):
    """Every platform file that names a trace: what `iommusim run` can replay without more."""
    return [p for p in sorted((source / "platforms").rglob("*.yaml")) if named_file(p, "trace")]
