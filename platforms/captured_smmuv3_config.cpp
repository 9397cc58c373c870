// SPDX-License-Identifier: Apache-2.0
#include "platforms/captured_smmuv3_config.h"

#include "iommu/smmuv3/id_registers.h"
#include "platforms/register_differences.h"

#include <algorithm>
#include <array>

namespace iommusim::platforms {
namespace {

using smmuv3::Aidr;
using smmuv3::Idr0;
using smmuv3::Idr1;
using smmuv3::Idr3;
using smmuv3::Idr5;

constexpr std::array<NamedBits, 24> idr0_fields{{
    named<Idr0::ST_LEVEL>("ST_LEVEL"),
    named<Idr0::TERM_MODEL>("TERM_MODEL"),
    named<Idr0::STALL_MODEL>("STALL_MODEL"),
    named<Idr0::ATSRECERR>("ATSRECERR"),
    named<Idr0::TTENDIAN>("TTENDIAN"),
    named<Idr0::VATOS>("VATOS"),
    named<Idr0::CD2L>("CD2L"),
    named<Idr0::VMID16>("VMID16"),
    named<Idr0::VMW>("VMW"),
    named<Idr0::PRI>("PRI"),
    named<Idr0::ATOS>("ATOS"),
    named<Idr0::SEV>("SEV"),
    named<Idr0::MSI>("MSI"),
    named<Idr0::ASID16>("ASID16"),
    named<Idr0::NS1ATS>("NS1ATS"),
    named<Idr0::ATS>("ATS"),
    named<Idr0::HYP>("HYP"),
    named<Idr0::DORMHINT>("DORMHINT"),
    named<Idr0::HTTU>("HTTU"),
    named<Idr0::BTM>("BTM"),
    named<Idr0::COHACC>("COHACC"),
    named<Idr0::TTF>("TTF"),
    named<Idr0::S1P>("S1P"),
    named<Idr0::S2P>("S2P"),
}};

constexpr std::array<NamedBits, 8> idr1_fields{{
    named<Idr1::ECMDQ>("ECMDQ"),
    named<Idr1::ATTR_TYPES_OVR>("ATTR_TYPES_OVR"),
    named<Idr1::ATTR_PERMS_OVR>("ATTR_PERMS_OVR"),
    named<Idr1::CMDQS>("CMDQS"),
    named<Idr1::EVENTQS>("EVENTQS"),
    named<Idr1::PRIQS>("PRIQS"),
    named<Idr1::SSIDSIZE>("SSIDSIZE"),
    named<Idr1::SIDSIZE>("SIDSIZE"),
}};

constexpr std::array<NamedBits, 10> idr3_fields{{
    named<Idr3::EPAN>("EPAN"),
    named<Idr3::E0PD>("E0PD"),
    named<Idr3::BBML>("BBML"),
    named<Idr3::RIL>("RIL"),
    named<Idr3::STT>("STT"),
    named<Idr3::FWB>("FWB"),
    named<Idr3::PPS>("PPS"),
    named<Idr3::XNX>("XNX"),
    named<Idr3::PBHA>("PBHA"),
    named<Idr3::HAD>("HAD"),
}};

constexpr std::array<NamedBits, 6> idr5_fields{{
    named<Idr5::STALL_MAX>("STALL_MAX"),
    named<Idr5::VAX>("VAX"),
    named<Idr5::GRAN64K>("GRAN64K"),
    named<Idr5::GRAN16K>("GRAN16K"),
    named<Idr5::GRAN4K>("GRAN4K"),
    named<Idr5::OAS>("OAS"),
}};

constexpr std::array<NamedBits, 2> aidr_fields{{
    named<Aidr::ArchMajor>("ArchMajor"),
    named<Aidr::ArchMinor>("ArchMinor"),
}};

void take_idr0(Idr0 idr0, smmuv3::UnitConfig& config) {
  config.stage_1 = idr0.get<Idr0::S1P>();
  config.stage_2 = idr0.get<Idr0::S2P>();
  config.coherent = idr0.get<Idr0::COHACC>();
  config.table_update = idr0.get<Idr0::HTTU>();
  config.hypervisor = idr0.get<Idr0::HYP>();
  config.ats = idr0.get<Idr0::ATS>();
  config.no_split_stage_ats = idr0.get<Idr0::NS1ATS>();
  config.asid_16 = idr0.get<Idr0::ASID16>();
  config.msi = idr0.get<Idr0::MSI>();
  config.send_event = idr0.get<Idr0::SEV>();
  config.pri = idr0.get<Idr0::PRI>();
  config.vmid_wildcard = idr0.get<Idr0::VMW>();
  config.vmid_16 = idr0.get<Idr0::VMID16>();
  config.two_level_contexts = idr0.get<Idr0::CD2L>();
  config.ats_record_errors = idr0.get<Idr0::ATSRECERR>();
  config.stall_model = idr0.get<Idr0::STALL_MODEL>();
  config.abort_only = idr0.get<Idr0::TERM_MODEL>();
  config.two_level_streams = idr0.get<Idr0::ST_LEVEL>() == 1;
}

void take_idr1(Idr1 idr1, smmuv3::UnitConfig& config) {
  config.stream_id_bits = static_cast<unsigned>(idr1.get<Idr1::SIDSIZE>());
  config.substream_id_bits = static_cast<unsigned>(idr1.get<Idr1::SSIDSIZE>());
  config.page_request_queue_bits = static_cast<unsigned>(idr1.get<Idr1::PRIQS>());
  config.event_queue_bits = static_cast<unsigned>(idr1.get<Idr1::EVENTQS>());
  config.command_queue_bits = static_cast<unsigned>(idr1.get<Idr1::CMDQS>());
  config.attribute_type_overrides = idr1.get<Idr1::ATTR_TYPES_OVR>();
  config.attribute_permission_overrides = idr1.get<Idr1::ATTR_PERMS_OVR>();
}

void take_idr3(Idr3 idr3, smmuv3::UnitConfig& config) {
  config.hierarchical_attribute_disable = idr3.get<Idr3::HAD>();
  config.page_based_attributes = idr3.get<Idr3::PBHA>();
  config.execute_never_per_level = idr3.get<Idr3::XNX>();
  config.page_response_pasid = idr3.get<Idr3::PPS>();
  config.force_write_back = idr3.get<Idr3::FWB>();
  config.small_tables = idr3.get<Idr3::STT>();
  config.range_invalidation = idr3.get<Idr3::RIL>();
  config.block_change_level = static_cast<unsigned>(idr3.get<Idr3::BBML>());
  config.e0pd = idr3.get<Idr3::E0PD>();
  config.enhanced_pan = idr3.get<Idr3::EPAN>();
}

void take_idr5(Idr5 idr5, smmuv3::UnitConfig& config) {
  constexpr std::array<unsigned, 8> sizes{32, 36, 40, 42, 44, 48, 52, 52};
  config.output_address_bits = sizes[idr5.get<Idr5::OAS>()];
  config.granule_4k = idr5.get<Idr5::GRAN4K>();
  config.granule_16k = idr5.get<Idr5::GRAN16K>();
  config.granule_64k = idr5.get<Idr5::GRAN64K>();
  config.input_address_52 = idr5.get<Idr5::VAX>() == 1;
  config.max_stalls = static_cast<unsigned>(idr5.get<Idr5::STALL_MAX>());
}

/// Sizes of what is not there, and minor versions of the architecture that are newer than the model.
void drop_what_cannot_act(smmuv3::UnitConfig& config) {
  constexpr unsigned newest = 4;
  if (!config.pri) config.page_request_queue_bits = 0;
  config.minor_version = std::min(config.minor_version, newest);
}

}  // namespace

CapturedSmmuConfig config_from_id_registers(const SmmuIdRegisters& registers) {
  CapturedSmmuConfig result;
  smmuv3::UnitConfig& config = result.config;
  take_idr0(Idr0{registers.idr0}, config);
  take_idr1(Idr1{registers.idr1}, config);
  take_idr3(Idr3{registers.idr3}, config);
  take_idr5(Idr5{registers.idr5}, config);
  config.minor_version = static_cast<unsigned>(Aidr{registers.aidr}.get<Aidr::ArchMinor>());
  config.implementation = registers.iidr;
  drop_what_cannot_act(config);
  name_differences("IDR0", registers.idr0 ^ idr0_of(config).raw(), idr0_fields, result.unsupported);
  name_differences("IDR1", registers.idr1 ^ idr1_of(config).raw(), idr1_fields, result.unsupported);
  name_differences("IDR3", registers.idr3 ^ idr3_of(config).raw(), idr3_fields, result.unsupported);
  name_differences("IDR5", registers.idr5 ^ idr5_of(config).raw(), idr5_fields, result.unsupported);
  name_differences("AIDR", registers.aidr ^ aidr_of(config).raw(), aidr_fields, result.unsupported);
  return result;
}

}  // namespace iommusim::platforms
