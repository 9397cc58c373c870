// SPDX-License-Identifier: Apache-2.0
// A VT-d unit on a bench in scalable mode: `device` is attached, and a test gives it PASIDs.
#pragma once

#include "support/scalable_tables.h"
#include "support/vtd_bench.h"

namespace iommusim::tests {

struct ScalableBench : VtdBench {
  static constexpr unsigned scalable_mode = 1;

  explicit ScalableBench(const vtd::UnitConfig& config = vtd::scalable_mode_config()) : VtdBench{config} {
    scalable.attach(device);
    registers.set_root(scalable.root(), scalable_mode);
    registers.command(global::te);
  }

  /// PASID 0 of `device`, which its requests without PASID use.
  void use(const PasidEntry& entry) { scalable.set_pasid(device, 0, entry); }
  /// Changes a field of that PASID's entry in memory.
  template <class F>
  void set_pasid_field(std::uint64_t value, std::uint32_t pasid = 0) {
    tables.set<PasidEntry, F>(scalable.pasid_entry(device, pasid), value);
  }
  template <class F>
  void set_context_field(std::uint64_t value) {
    tables.set<ScalableContextEntry, F>(scalable.context_entry(device), value);
  }
  /// What stands in memory.
  std::uint64_t word(PhysAddr where) const { return tables.load<Word<64>>(where).raw(); }
  /// Sets and clears bits of a word in memory.
  void change(PhysAddr where, std::uint64_t set, std::uint64_t clear = 0) {
    tables.store(where, Word<64>{(word(where) | set) & ~clear});
  }
  ScalableTables scalable{tables};
};

/// The unit of ScalableBench without caches, so that each request sees the tables as they stand.
inline vtd::UnitConfig cacheless() {
  vtd::UnitConfig config = vtd::scalable_mode_config();
  config.context_cache_entries = config.pasid_cache_entries = config.iotlb_entries = 0;
  return config;
}

inline iommu::TranslationRequest with_pasid(std::uint32_t pasid, iommu::TranslationRequest request) {
  request.pasid = Pasid{pasid};
  return request;
}

inline iommu::TranslationRequest privileged(iommu::TranslationRequest request) {
  request.privileged = true;
  return request;
}

inline iommu::TranslationRequest executing(iommu::TranslationRequest request) {
  request.execute = true;
  return request;
}

/// A translation request of a device (ATS).
inline iommu::TranslationRequest asking(iommu::TranslationRequest request) {
  request.address_type = AddressType::translation_request;
  return request;
}

}  // namespace iommusim::tests
