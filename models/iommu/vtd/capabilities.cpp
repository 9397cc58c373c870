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
  cap.set<Capability::FS1GP>(config.first_stage_1g);
  cap.set<Capability::FS5LP>(config.first_stage_5_levels);
  cap.set<Capability::ESRTPS>(config.enhanced_set_root);
  return cap;
}

namespace {

void set_scalable_mode(const UnitConfig& config, ExtendedCapability& ecap) {
  ecap.set<ExtendedCapability::SMTS>(config.scalable_mode);
  ecap.set<ExtendedCapability::FSTS>(config.first_stage);
  ecap.set<ExtendedCapability::SSTS>(config.second_stage);
  ecap.set<ExtendedCapability::NEST>(config.nested);
  ecap.set<ExtendedCapability::PASID>(config.pasid_bits != 0);
  ecap.set<ExtendedCapability::PSS>(config.pasid_bits == 0 ? 0 : config.pasid_bits - 1);
  ecap.set<ExtendedCapability::RPS>(config.rid_pasid);
  ecap.set<ExtendedCapability::RPRIVS>(config.rid_priv);
  ecap.set<ExtendedCapability::SSADS>(config.second_stage_access_dirty);
  ecap.set<ExtendedCapability::ERS>(config.execute_requests);
  ecap.set<ExtendedCapability::SRS>(config.supervisor_requests);
  ecap.set<ExtendedCapability::SMPWCS>(config.snooped_walks);
  ecap.set<ExtendedCapability::EAFS>(config.extended_accessed);
}

}  // namespace

ExtendedCapability extended_capability(const UnitConfig& config) {
  ExtendedCapability ecap;
  ecap.set<ExtendedCapability::C>(config.coherent_walks);
  ecap.set<ExtendedCapability::QI>(config.queued_invalidation);
  ecap.set<ExtendedCapability::PT>(config.pass_through);
  ecap.set<ExtendedCapability::SC>(config.snoop_control);
  ecap.set<ExtendedCapability::IRO>(config.iotlb_offset / 16);
  ecap.set<ExtendedCapability::DT>(config.device_tlb);
  ecap.set<ExtendedCapability::DIT>(config.device_tlb_throttling);
  ecap.set<ExtendedCapability::PRS>(config.page_requests);
  ecap.set<ExtendedCapability::PDS>(config.page_request_drain);
  ecap.set<ExtendedCapability::NWFS>(config.no_write_flag);
  ecap.set<ExtendedCapability::ADMS>(config.abort_dma_mode);
  set_scalable_mode(config, ecap);
  return ecap;
}

}  // namespace iommusim::vtd
