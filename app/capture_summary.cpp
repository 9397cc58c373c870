// SPDX-License-Identifier: Apache-2.0
#include "app/capture_summary.h"

#include "base/quantity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace iommusim::app {

using platforms::Capture;

std::string summary_line(std::string_view title, const std::string& text) {
  return fmt::format("  {:<14} {}\n", title, text);
}

std::string mapped_text(const iommu::InputSpace& space) {
  if (space.mapped.empty()) return "nothing mapped";
  std::uint64_t bytes = 0;
  for (const iommu::MappedRange& range : space.mapped)
    bytes += range.input.size();
  return fmt::format("{} mapped in {}{}", format_size(bytes), format_count(space.mapped.size(), "range"),
                     space.complete ? "" : " and more");
}

std::string memory_text(const memory::SparseMemory& memory) {
  std::uint64_t bytes = 0;
  for (const memory::Bank& bank : memory.banks())
    bytes += bank.range.size();
  return fmt::format("{} captured in {}", format_size(bytes), format_count(memory.banks().size(), "range"));
}

std::string unsupported_of(const Capture& capture) {
  return fmt::format("{}", fmt::join(capture.unsupported, ", "));
}

std::string summary_of(const Capture& capture, const std::string& name) {
  switch (capture.kind) {
    case platforms::IommuKind::vtd:
    case platforms::IommuKind::smmuv3: break;
  }
  return summary_of_vtd(capture, name);
}

}  // namespace iommusim::app
