// SPDX-License-Identifier: Apache-2.0
// A captured unit beside what QEMU answered for it.
#pragma once

#include "platforms/capture.h"
#include "traces/translation_check.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <string>

namespace iommusim::support {

/// The unit in `folder` gives each of the `answers` in the folder's `file`.
inline void check_captured_answers(const std::string& folder, const std::string& file, std::uint64_t answers) {
  const auto capture = platforms::load_capture(folder);
  const auto result = traces::check_translations(*capture.unit, folder + file);
  for (const std::string& difference : result.differences)
    UNSCOPED_INFO(difference);
  CHECK(result.differences.empty());
  CHECK(result.checked == answers);
  CHECK(result.equal == answers);
}

}  // namespace iommusim::support
