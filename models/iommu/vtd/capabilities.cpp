// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/capabilities.h"

namespace iommusim::vtd {

Capability capability(const UnitConfig& config) {
  Capability cap;
  cap.set<Capability::ND>((config.domain_id_bits - 4) / 2);
  cap.set<Capability::RWBF>(config.write_buffer_flush);
  cap.set<Capability::PLMR>(config.protected_low_memory);
  cap.set<Capability::PHMR>(config.protected_high_memory);
  cap.set<Capability::CM>(config.caching_mode);
  std::uint64_t sagaw = 0;
  for (const unsigned levels : config.table_levels)
    sagaw |= std::uint64_t{1} << (levels - 2);
  cap.set<Capability::SAGAW>(sagaw);
  cap.set<Capability::MGAW>(config.guest_address_width - 1);
  cap.set<Capability::ZLR>(config.zero_length_read);
  cap.set<Capability::FRO>(config.fault_record_offset / 16);
  cap.set<Capability::SSLPS>((config.pages_2m ? 1u : 0u) | (config.pages_1g ? 2u : 0u));
  cap.set<Capability::PSI>(config.page_selective_invalidation);
  cap.set<Capability::NFR>(config.fault_records - 1);
  cap.set<Capability::MAMV>(config.page_selective_invalidation ? config.max_address_mask : 0);
  cap.set<Capability::DWD>(config.drain);
  cap.set<Capability::DRD>(config.drain);
  cap.set<Capability::PI>(config.posted_interrupts);
  cap.set<Capability::ESIRTPS>(config.enhanced_set_interrupt_table);
  cap.set<Capability::ESRTPS>(config.enhanced_set_root);
  return cap;
}

ExtendedCapability extended_capability(const UnitConfig& config) {
  ExtendedCapability ecap;
  ecap.set<ExtendedCapability::C>(config.coherent_walks);
  ecap.set<ExtendedCapability::QI>(config.queued_invalidation);
  ecap.set<ExtendedCapability::PT>(config.pass_through);
  ecap.set<ExtendedCapability::SC>(config.snoop_control);
  ecap.set<ExtendedCapability::IR>(config.interrupt_remapping);
  ecap.set<ExtendedCapability::EIM>(config.extended_interrupt_mode);
  ecap.set<ExtendedCapability::MHMV>(config.interrupt_remapping ? config.max_handle_mask : 0);
  ecap.set<ExtendedCapability::IRO>(config.iotlb_offset / 16);
  return ecap;
}

}  // namespace iommusim::vtd
