// SPDX-License-Identifier: Apache-2.0
// A unit under random images, driven as software and devices do: registers, memory, requests.
#pragma once

#include "conformance/vtd_random/image_memory.h"
#include "oracle/vtd/answer.h"
#include "oracle/vtd/facts.h"
#include "support/vtd_registers.h"

#include <cstdint>
#include <optional>

namespace iommusim::tests {

struct UnitAnswer {
  iommu::TranslationResult result;
  std::optional<FaultRecord> record;
};

class DrivenUnit {
 public:
  DrivenUnit(const vtd::UnitConfig& config, ImageMemory& memory);

  const oracle::vtd::Facts& facts() const { return facts_; }
  std::uint64_t iotlb_hits() const { return unit_.statistics().iotlb_hits; }

  /// SRTP with everything invalidated, and TE as wanted.
  void start(std::uint64_t root, unsigned ttm, bool translation_enabled);
  /// SRTP alone.
  void set_root(std::uint64_t root, unsigned ttm);
  /// Protected memory as CAP allows it, from numbers as software would write them; PMEN.EPM.
  void protect(const oracle::vtd::Region& low, const oracle::vtd::Region& high);
  void unprotect();
  void invalidate_everything();
  /// translate(), and what it left in the fault registers, which are free afterwards.
  UnitAnswer ask(const oracle::vtd::Request& request);
  /// decide(): what the answer would be.
  iommu::TranslationResult foresee(const oracle::vtd::Request& request) const;

  /// For programs that write registers as they like.
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value);
  void start_queue(std::uint64_t iqa);
  void move_tail(std::uint64_t offset) { registers_.write32(offset::iqt, static_cast<std::uint32_t>(offset)); }
  /// Every fault record and status bit that software can clear.
  void clear_status();
  void read_every_register() const;
  /// facts() as the registers say it now.
  void read_facts();
  /// Nothing is on that the oracle does not know: caches, interrupt remapping, protected memory.
  bool comparable() const;

 private:
  std::optional<FaultRecord> take_record();
  void protect(std::uint64_t base_register, std::uint64_t limit_register, unsigned width,
               const oracle::vtd::Region& region);

  vtd::Unit unit_;
  VtdRegisters registers_;
  oracle::vtd::Facts facts_;
  bool has_caches_;
  mutable iommu::FetchLog fetches_;
};

/// One of the units that random images are tried on; `index` may be any number.
vtd::UnitConfig random_unit(std::uint64_t index);

}  // namespace iommusim::tests
