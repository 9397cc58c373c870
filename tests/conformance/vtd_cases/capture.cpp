// SPDX-License-Identifier: Apache-2.0
// Oracle: the translations that QEMU 7.2 performed for a Linux guest, and the leaves of that guest's tables,
// in tests/data/captures (see tests/data/README.md).
#include "support/captured_answers.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <string>

using namespace iommusim;

namespace {

const std::string folder = tests::source_dir() + "/tests/data/captures/vtd-legacy-strict/";

}  // namespace

TEST_CASE("A captured unit translates as QEMU did for the captured guest", "[conformance][vtd]") {
  support::check_captured_answers(folder, "translations.jsonl", 91);
}

TEST_CASE("A captured unit finds every mapping of the captured tables", "[conformance][vtd]") {
  // 4928 mappings, for each requester that uses their table.
  support::check_captured_answers(folder, "mappings.jsonl.zst", 14030);
}
