// SPDX-License-Identifier: Apache-2.0
#include "platforms/captured_config.h"

#include "iommu/vtd/capabilities.h"
#include "platforms/register_differences.h"

#include <algorithm>
#include <array>

namespace iommusim::platforms {
namespace {

using vtd::Capability;
using vtd::ExtendedCapability;

constexpr std::array<NamedBits, 22> cap_fields{{
    named<Capability::ESRTPS>("ESRTPS"), named<Capability::ESIRTPS>("ESIRTPS"), named<Capability::ECMDS>("ECMDS"),
    named<Capability::FS5LP>("FS5LP"),   named<Capability::PI>("PI"),           named<Capability::FS1GP>("FS1GP"),
    named<Capability::DRD>("DRD"),       named<Capability::DWD>("DWD"),         named<Capability::MAMV>("MAMV"),
    named<Capability::NFR>("NFR"),       named<Capability::PSI>("PSI"),         named<Capability::SSLPS>("SSLPS"),
    named<Capability::FRO>("FRO"),       named<Capability::ZLR>("ZLR"),         named<Capability::MGAW>("MGAW"),
    named<Capability::SAGAW>("SAGAW"),   named<Capability::CM>("CM"),           named<Capability::PHMR>("PHMR"),
    named<Capability::PLMR>("PLMR"),     named<Capability::RWBF>("RWBF"),       named<Capability::AFL>("AFL"),
    named<Capability::ND>("ND"),
}};

constexpr std::array<NamedBits, 29> ecap_fields{{
    named<ExtendedCapability::RPRIVS>("RPRIVS"),
    named<ExtendedCapability::ADMS>("ADMS"),
    named<Field<51, 51>>("PMS"),
    named<ExtendedCapability::RPS>("RPS"),
    named<ExtendedCapability::SMPWCS>("SMPWCS"),
    named<ExtendedCapability::FSTS>("FSTS"),
    named<ExtendedCapability::SSTS>("SSTS"),
    named<ExtendedCapability::SSADS>("SSADS"),
    named<ExtendedCapability::SMTS>("SMTS"),
    named<ExtendedCapability::PDS>("PDS"),
    named<ExtendedCapability::DIT>("DIT"),
    named<ExtendedCapability::PASID>("PASID"),
    named<ExtendedCapability::PSS>("PSS"),
    named<ExtendedCapability::EAFS>("EAFS"),
    named<ExtendedCapability::NWFS>("NWFS"),
    named<ExtendedCapability::SRS>("SRS"),
    named<ExtendedCapability::ERS>("ERS"),
    named<ExtendedCapability::PRS>("PRS"),
    named<ExtendedCapability::NEST>("NEST"),
    named<ExtendedCapability::MTS>("MTS"),
    named<ExtendedCapability::MHMV>("MHMV"),
    named<ExtendedCapability::IRO>("IRO"),
    named<ExtendedCapability::SC>("SC"),
    named<ExtendedCapability::PT>("PT"),
    named<ExtendedCapability::EIM>("EIM"),
    named<ExtendedCapability::IR>("IR"),
    named<ExtendedCapability::DT>("DT"),
    named<ExtendedCapability::QI>("QI"),
    named<ExtendedCapability::C>("C"),
}};

std::vector<unsigned> table_levels(std::uint64_t sagaw) {
  std::vector<unsigned> levels;
  for (unsigned bit = 1; bit <= 3; ++bit)
    if ((sagaw >> bit & 1) != 0) levels.push_back(bit + 2);
  return levels;
}

void take_capability(Capability cap, vtd::UnitConfig& config) {
  config.guest_address_width = static_cast<unsigned>(cap.get<Capability::MGAW>()) + 1;
  config.host_address_width = std::clamp(config.guest_address_width, 32u, 52u);
  config.table_levels = table_levels(cap.get<Capability::SAGAW>());
  config.pages_2m = (cap.get<Capability::SSLPS>() & 1) != 0;
  config.pages_1g = (cap.get<Capability::SSLPS>() & 2) != 0;
  config.domain_id_bits = 4 + 2 * static_cast<unsigned>(cap.get<Capability::ND>());
  config.fault_records = static_cast<unsigned>(cap.get<Capability::NFR>()) + 1;
  config.fault_record_offset = static_cast<unsigned>(cap.get<Capability::FRO>()) * 16;
  config.caching_mode = cap.get<Capability::CM>();
  config.write_buffer_flush = cap.get<Capability::RWBF>();
  config.zero_length_read = cap.get<Capability::ZLR>();
  config.page_selective_invalidation = cap.get<Capability::PSI>();
  config.max_address_mask = static_cast<unsigned>(cap.get<Capability::MAMV>());
  config.drain = cap.get<Capability::DRD>() && cap.get<Capability::DWD>();
  config.protected_low_memory = cap.get<Capability::PLMR>();
  config.protected_high_memory = cap.get<Capability::PHMR>();
  config.enhanced_set_root = cap.get<Capability::ESRTPS>();
  config.enhanced_set_interrupt_table = cap.get<Capability::ESIRTPS>();
}

/// What interrupt remapping brings is nothing without it.
void take_interrupt_remapping(Capability cap, ExtendedCapability ecap, vtd::UnitConfig& config) {
  config.interrupt_remapping = ecap.get<ExtendedCapability::IR>();
  config.extended_interrupt_mode = config.interrupt_remapping && ecap.get<ExtendedCapability::EIM>();
  config.posted_interrupts = config.interrupt_remapping && cap.get<Capability::PI>();
  config.max_handle_mask = static_cast<unsigned>(ecap.get<ExtendedCapability::MHMV>());
}

void take_extended_capability(ExtendedCapability ecap, vtd::UnitConfig& config) {
  config.iotlb_offset = static_cast<unsigned>(ecap.get<ExtendedCapability::IRO>()) * 16;
  config.queued_invalidation = ecap.get<ExtendedCapability::QI>();
  config.pass_through = ecap.get<ExtendedCapability::PT>();
  config.snoop_control = ecap.get<ExtendedCapability::SC>();
  config.coherent_walks = ecap.get<ExtendedCapability::C>();
  config.device_tlb = ecap.get<ExtendedCapability::DT>();
  config.device_tlb_throttling = ecap.get<ExtendedCapability::DIT>();
  config.page_requests = ecap.get<ExtendedCapability::PRS>();
  config.page_request_drain = ecap.get<ExtendedCapability::PDS>();
  config.no_write_flag = ecap.get<ExtendedCapability::NWFS>();
  config.abort_dma_mode = ecap.get<ExtendedCapability::ADMS>();
}

void take_scalable_mode(Capability cap, ExtendedCapability ecap, vtd::UnitConfig& config) {
  config.scalable_mode = ecap.get<ExtendedCapability::SMTS>();
  if (!config.scalable_mode) return;
  config.first_stage = ecap.get<ExtendedCapability::FSTS>();
  config.second_stage = ecap.get<ExtendedCapability::SSTS>();
  config.nested = ecap.get<ExtendedCapability::NEST>();
  config.pasid_bits =
      ecap.get<ExtendedCapability::PASID>() ? static_cast<unsigned>(ecap.get<ExtendedCapability::PSS>()) + 1 : 0;
  config.rid_pasid = ecap.get<ExtendedCapability::RPS>();
  config.rid_priv = ecap.get<ExtendedCapability::RPRIVS>();
  config.first_stage_1g = cap.get<Capability::FS1GP>();
  config.first_stage_5_levels = cap.get<Capability::FS5LP>();
  config.second_stage_access_dirty = ecap.get<ExtendedCapability::SSADS>();
  config.execute_requests = ecap.get<ExtendedCapability::ERS>();
  config.supervisor_requests = ecap.get<ExtendedCapability::SRS>();
  config.snooped_walks = ecap.get<ExtendedCapability::SMPWCS>();
  config.extended_accessed = ecap.get<ExtendedCapability::EAFS>();
}

/// What needs a part of the architecture that the unit lacks, or that is not modelled, cannot act.
void drop_what_cannot_act(vtd::UnitConfig& config) {
  const auto needs = [](bool& feature, bool what) { feature = feature && what; };
  needs(config.device_tlb, config.queued_invalidation);
  needs(config.device_tlb_throttling, config.device_tlb);
  needs(config.no_write_flag, config.device_tlb);
  needs(config.page_requests, config.device_tlb && config.scalable_mode && config.pasid_bits != 0);
  needs(config.page_request_drain, config.page_requests);
}

}  // namespace

CapturedConfig config_from_capabilities(std::uint64_t cap, std::uint64_t ecap) {
  CapturedConfig result;
  take_capability(Capability{cap}, result.config);
  take_extended_capability(ExtendedCapability{ecap}, result.config);
  take_scalable_mode(Capability{cap}, ExtendedCapability{ecap}, result.config);
  take_interrupt_remapping(Capability{cap}, ExtendedCapability{ecap}, result.config);
  drop_what_cannot_act(result.config);
  name_differences("CAP", cap ^ vtd::capability(result.config).raw(), cap_fields, result.unsupported);
  name_differences("ECAP", ecap ^ vtd::extended_capability(result.config).raw(), ecap_fields, result.unsupported);
  return result;
}

}  // namespace iommusim::platforms
