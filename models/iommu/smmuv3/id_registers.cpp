// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/id_registers.h"

namespace iommusim::smmuv3 {
namespace {

/// TTF and TTENDIAN of what the model walks: AArch64 descriptors, little-endian only.
constexpr std::uint64_t aarch64_tables = 2;
constexpr std::uint64_t little_endian_tables = 2;

/// IDR5.OAS.
constexpr std::uint64_t output_size_code(unsigned bits) {
  switch (bits) {
    case 32: return 0;
    case 36: return 1;
    case 40: return 2;
    case 42: return 3;
    case 44: return 4;
    case 48: return 5;
    default: return 6;
  }
}

/// Of a power of two.
constexpr std::uint64_t log2_of(std::uint32_t number) {
  std::uint64_t log2 = 0;
  while (number >> log2 > 1)
    ++log2;
  return log2;
}

}  // namespace

Idr0 idr0_of(const UnitConfig& config) {
  Idr0 idr0;
  idr0.set<Idr0::S2P>(config.stage_2);
  idr0.set<Idr0::S1P>(config.stage_1);
  idr0.set<Idr0::TTF>(aarch64_tables);
  idr0.set<Idr0::COHACC>(config.coherent);
  idr0.set<Idr0::HTTU>(config.table_update);
  idr0.set<Idr0::HYP>(config.hypervisor);
  idr0.set<Idr0::ATS>(config.ats);
  idr0.set<Idr0::NS1ATS>(config.no_split_stage_ats);
  idr0.set<Idr0::ASID16>(config.asid_16);
  idr0.set<Idr0::MSI>(config.msi);
  idr0.set<Idr0::SEV>(config.send_event);
  idr0.set<Idr0::PRI>(config.pri);
  idr0.set<Idr0::VMW>(config.vmid_wildcard);
  idr0.set<Idr0::VMID16>(config.vmid_16);
  idr0.set<Idr0::CD2L>(config.two_level_contexts);
  idr0.set<Idr0::TTENDIAN>(little_endian_tables);
  idr0.set<Idr0::ATSRECERR>(config.ats_record_errors);
  idr0.set<Idr0::STALL_MODEL>(config.stall_model);
  idr0.set<Idr0::TERM_MODEL>(config.abort_only);
  idr0.set<Idr0::ST_LEVEL>(config.two_level_streams ? 1 : 0);
  return idr0;
}

Idr1 idr1_of(const UnitConfig& config) {
  Idr1 idr1;
  idr1.set<Idr1::SIDSIZE>(config.stream_id_bits);
  idr1.set<Idr1::SSIDSIZE>(config.substream_id_bits);
  idr1.set<Idr1::PRIQS>(config.pri ? config.page_request_queue_bits : 0);
  idr1.set<Idr1::EVENTQS>(config.event_queue_bits);
  idr1.set<Idr1::CMDQS>(config.command_queue_bits);
  idr1.set<Idr1::ATTR_TYPES_OVR>(config.attribute_type_overrides);
  idr1.set<Idr1::ATTR_PERMS_OVR>(config.attribute_permission_overrides);
  idr1.set<Idr1::ECMDQ>(config.ecmdq != 0);
  return idr1;
}

Idr3 idr3_of(const UnitConfig& config) {
  Idr3 idr3;
  idr3.set<Idr3::HAD>(config.hierarchical_attribute_disable);
  idr3.set<Idr3::PBHA>(config.page_based_attributes);
  idr3.set<Idr3::XNX>(config.execute_never_per_level);
  idr3.set<Idr3::PPS>(config.page_response_pasid);
  idr3.set<Idr3::FWB>(config.force_write_back);
  idr3.set<Idr3::STT>(config.small_tables);
  idr3.set<Idr3::RIL>(config.range_invalidation);
  idr3.set<Idr3::BBML>(config.block_change_level);
  idr3.set<Idr3::E0PD>(config.e0pd);
  idr3.set<Idr3::EPAN>(config.enhanced_pan);
  return idr3;
}

Idr5 idr5_of(const UnitConfig& config) {
  Idr5 idr5;
  idr5.set<Idr5::OAS>(output_size_code(config.output_address_bits));
  idr5.set<Idr5::GRAN4K>(config.granule_4k);
  idr5.set<Idr5::GRAN16K>(config.granule_16k);
  idr5.set<Idr5::GRAN64K>(config.granule_64k);
  idr5.set<Idr5::VAX>(config.input_address_52 ? 1 : 0);
  idr5.set<Idr5::STALL_MAX>(config.stall_model == StallModel::terminate_only ? 0 : config.max_stalls);
  return idr5;
}

Idr6 idr6_of(const UnitConfig& config) {
  Idr6 idr6;
  if (config.ecmdq == 0) return idr6;
  idr6.set<Idr6::CMDQ_CONTROL_PAGE_LOG2NUMP>(log2_of(config.ecmdq_pages));
  idr6.set<Idr6::CMDQ_CONTROL_PAGE_LOG2NUMQ>(log2_of(config.ecmdq / config.ecmdq_pages));
  return idr6;
}

Aidr aidr_of(const UnitConfig& config) {
  Aidr aidr;
  aidr.set<Aidr::ArchMinor>(config.minor_version);
  return aidr;
}

}  // namespace iommusim::smmuv3
