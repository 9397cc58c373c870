// SPDX-License-Identifier: Apache-2.0
// A unit under random images, driven as software and devices do: registers, memory, requests.
#pragma once

#include "conformance/vtd_random/image_memory.h"
#include "oracle/vtd/answer.h"
#include "oracle/vtd/facts.h"
#include "support/vtd_registers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::tests {

struct UnitAnswer {
  iommu::TranslationResult result;
  std::optional<FaultRecord> record;
  /// What the unit sent: notifications of posted interrupts.
  std::vector<interrupts::MsiMessage> messages;
};

/// What became of a page request.
struct PageAnswer {
  /// The entry in the page request queue.
  std::optional<std::array<std::uint64_t, 4>> entry;
  std::vector<iommu::PageGroupResponse> responses;
  std::optional<FaultRecord> record;
};

/// An interrupt remapping table, as SIRTP and CFI take it.
struct InterruptSetup {
  std::uint64_t irta = 0;
  bool compatibility_format = false;
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
  /// SIRTP, IRE and CFI; empty: remapping is off.
  void set_interrupts(const std::optional<InterruptSetup>& setup);
  void invalidate_everything();
  /// translate(), and what it left in the fault registers, which are free afterwards.
  UnitAnswer ask(const oracle::vtd::Request& request);
  /// decide(): what the answer would be.
  iommu::TranslationResult foresee(const oracle::vtd::Request& request) const;
  /// A page request, with the fault registers and the queue free afterwards.
  PageAnswer ask(const iommu::PageRequest& request);

  /// For programs that write registers as they like.
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value);
  void start_queue(std::uint64_t iqa);
  void move_tail(std::uint64_t offset) { registers_.write32(offset::iqt, static_cast<std::uint32_t>(offset)); }
  void request_page(const iommu::PageRequest& request) { unit_.request_page(request); }
  /// Invalidate Completions of a device.
  void complete_invalidations(RequesterId device, std::uint32_t tags) { unit_.complete_invalidation(device, tags); }
  void time_out_invalidations() { unit_.time_out_invalidations(); }
  /// Every fault record and status bit that software can clear.
  void clear_status();
  void read_every_register() const;
  /// facts() as the registers say it now.
  void read_facts();
  /// Nothing is on that the oracle does not know: caches, protected memory.
  bool comparable() const;

 private:
  std::optional<FaultRecord> take_record();
  void protect(std::uint64_t base_register, std::uint64_t limit_register, unsigned width,
               const oracle::vtd::Region& region);

  ImageMemory& memory_;
  vtd::Unit unit_;
  VtdRegisters registers_;
  oracle::vtd::Facts facts_;
  bool has_caches_;
  std::vector<interrupts::MsiMessage> messages_;
  std::vector<iommu::PageGroupResponse> responses_;
  mutable iommu::FetchLog fetches_;
};

/// One of the units that random images are tried on; `index` may be any number.
vtd::UnitConfig random_unit(std::uint64_t index);

}  // namespace iommusim::tests
