// SPDX-License-Identifier: Apache-2.0
// A unit under random images, driven as software and devices do: registers, memory, requests.
#pragma once

#include "conformance/vtd_random/image_memory.h"
#include "iommu/smmuv3/unit.h"
#include "oracle/smmuv3/answer.h"
#include "oracle/smmuv3/facts.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::tests::smmu {

struct UnitAnswer {
  iommu::TranslationResult result;
  /// What it left in the event queue.
  std::vector<std::array<std::uint64_t, 4>> records;
};

/// Registers as software sets them up before SMMUEN.
struct Setup {
  bool enabled = true;
  bool checks_translated = false;
  std::uint32_t cr2 = 0;
  std::uint32_t gbpa = 0;
  std::uint64_t strtab_base = 0;
  std::uint32_t strtab_base_cfg = 0;
};

class DrivenUnit {
 public:
  DrivenUnit(const smmuv3::UnitConfig& config, ImageMemory& memory);

  const oracle::smmuv3::Facts& facts() const { return facts_; }
  /// StreamIDs are from here to 0xFFFF more.
  std::uint32_t first_stream() const { return first_stream_; }

  /// CR2 as the next start() will have it: it decides what images mean.
  void set_cr2(std::uint32_t cr2);
  /// From SMMUEN=0, with an empty event queue; nothing is stalled afterwards.
  void start(const Setup& setup);
  /// translate(), and what it left in the event queue, which is empty afterwards.
  UnitAnswer ask(const oracle::smmuv3::Request& request);
  /// decide(): what the answer would be.
  iommu::TranslationResult foresee(const oracle::smmuv3::Request& request) const;

 private:
  std::uint32_t read32(std::uint64_t offset) const {
    return static_cast<std::uint32_t>(unit_.read_register(offset, 4));
  }
  void write32(std::uint64_t offset, std::uint32_t value) { unit_.write_register(offset, 4, value); }
  iommu::TranslationRequest to_unit(const oracle::smmuv3::Request& request) const;
  std::vector<std::array<std::uint64_t, 4>> take_records();

  ImageMemory& memory_;
  smmuv3::Unit unit_;
  std::uint32_t first_stream_;
  oracle::smmuv3::Facts facts_;
  std::vector<std::uint32_t> stalled_;
  mutable iommu::FetchLog fetches_;
};

/// One of the units that random images are tried on; `index` may be any number. None has a cache.
smmuv3::UnitConfig random_unit(std::uint64_t index);

}  // namespace iommusim::tests::smmu
