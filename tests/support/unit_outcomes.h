// SPDX-License-Identifier: Apache-2.0
// How a test tells what an IOMMU answered, and what it was to answer.
#pragma once

#include "iommu/translation.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace iommusim::support {

inline std::string name(iommu::Outcome outcome) {
  switch (outcome) {
    case iommu::Outcome::translated: return "translated";
    case iommu::Outcome::interrupt: return "interrupt";
    case iommu::Outcome::posted: return "posted";
    case iommu::Outcome::fault: return "fault";
    case iommu::Outcome::ignored: return "ignored";
    case iommu::Outcome::stalled: return "stalled";
  }
  return "?";
}

inline std::string differs(const char* what, std::uint64_t expected, std::uint64_t found) {
  return fmt::format("{}: expected {:#x}, found {:#x}", what, expected, found);
}

}  // namespace iommusim::support
