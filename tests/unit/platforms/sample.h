// SPDX-License-Identifier: Apache-2.0
// A small correct platform, ways to damage it, and the check of what the loader says about the damage.
#pragma once

#include "platforms/loader.h"

#include <string>
#include <utility>
#include <vector>

namespace iommusim::platforms::test {

/// Two root ports with one endpoint each, one IOMMU, one domain with one mapping, one interrupt.
extern const std::string sample;

using Edits = std::vector<std::pair<std::string, std::string>>;

/// The sample with pieces of text replaced. Each piece must occur exactly once.
std::string edited(const Edits& edits);

/// The sample, edited and loaded.
Description load(const Edits& edits = {});

/// Checks that loading `text` fails with exactly "sample.yaml:<line>:<column>: <message>", where line and
/// column are those of the '@' in `text` (which is taken out first).
void check_error(const std::string& text, const std::string& message);

}  // namespace iommusim::platforms::test
