// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/register_map.h"

#include "base/address.h"
#include "iommu/vtd/capabilities.h"
#include "iommu/vtd/registers.h"

namespace iommusim::vtd {
namespace {

using Id = RegisterId;
constexpr auto block = RegisterBase::block;
constexpr auto qi = Needs::queued_invalidation;
constexpr auto eim = Needs::extended_interrupt_mode;
constexpr auto prs = Needs::page_requests;

constexpr std::uint64_t all_32 = 0xFFFF'FFFF;
constexpr std::uint64_t all_64 = ~std::uint64_t{0};
constexpr std::uint64_t masked = EventControl::IM::mask;

struct Place {
  std::uint16_t offset;
  std::uint8_t width;
};

/// A register that software only reads.
constexpr RegisterSpec read_only(Id id, std::string_view name, Place at, Needs needs, std::string_view section) {
  return {id, name, block, at.offset, at.width, 0, 0, 0, 0, needs, section};
}

/// A register of which software writes `bits`.
constexpr RegisterSpec read_write(Id id, std::string_view name, Place at, std::uint64_t bits, Needs needs,
                                  std::string_view section) {
  return {id, name, block, at.offset, at.width, 0, bits, 0, 0, needs, section};
}

/// FECTL, IECTL or PECTL.
constexpr RegisterSpec event_control(Id id, std::string_view name, std::uint16_t offset, Needs needs,
                                     std::string_view section) {
  return {id, name, block, offset, 4, masked, masked, 0, 0, needs, section};
}

constexpr std::uint64_t ccmd_read_write =
    ContextCommand::ICC::mask | ContextCommand::CIRG::mask | ContextCommand::DID::mask;
constexpr std::uint64_t ccmd_write_only = ContextCommand::FM::mask | ContextCommand::SID::mask;
constexpr std::uint64_t fsts_clears =
    FaultStatus::PFO::mask | FaultStatus::IQE::mask | FaultStatus::ICE::mask | FaultStatus::ITE::mask;
constexpr std::uint64_t iva_write_only =
    InvalidateAddress::ADDR::mask | InvalidateAddress::IH::mask | InvalidateAddress::AM::mask;
constexpr std::uint64_t iotlb_read_write = IotlbInvalidate::IVT::mask | IotlbInvalidate::IIRG::mask |
                                           IotlbInvalidate::DR::mask | IotlbInvalidate::DW::mask |
                                           IotlbInvalidate::DID::mask;
constexpr std::uint64_t iqa_read_write =
    InvalidationQueueAddress::IQA::mask | InvalidationQueueAddress::DW::mask | InvalidationQueueAddress::QS::mask;
constexpr std::uint64_t pqa_read_write = PageRequestQueueAddress::PQA::mask | PageRequestQueueAddress::PQS::mask;
constexpr std::uint64_t prs_clears = PageRequestStatus::PRO::mask | PageRequestStatus::PPR::mask;
constexpr std::uint64_t irta_read_write = InterruptRemappingTableAddress::IRTA::mask |
                                          InterruptRemappingTableAddress::EIME::mask |
                                          InterruptRemappingTableAddress::S::mask;
constexpr std::uint64_t event_data = 0xFFFF;
constexpr std::uint64_t event_address = 0xFFFF'FFFC;

/// The granularity of protected regions, which software finds out by writing all-ones and reading back.
constexpr std::uint64_t protected_low = all_32 & ~(page_2m - 1);
constexpr std::uint64_t protected_high = all_64 & ~(page_2m - 1);

bool is_present(Needs needs, const UnitConfig& config) {
  switch (needs) {
    case Needs::nothing: return true;
    case Needs::queued_invalidation: return config.queued_invalidation;
    case Needs::protected_memory: return config.protected_low_memory || config.protected_high_memory;
    case Needs::protected_low_memory: return config.protected_low_memory;
    case Needs::protected_high_memory: return config.protected_high_memory;
    case Needs::interrupt_remapping: return config.interrupt_remapping;
    case Needs::extended_interrupt_mode: return config.extended_interrupt_mode;
    case Needs::page_requests: return config.page_requests;
  }
  return false;
}

std::uint16_t base_of(RegisterBase base, const UnitConfig& config) {
  switch (base) {
    case RegisterBase::block: return 0;
    case RegisterBase::iotlb: return static_cast<std::uint16_t>(config.iotlb_offset);
    case RegisterBase::fault_record: return static_cast<std::uint16_t>(config.fault_record_offset);
  }
  return 0;
}

std::uint64_t reset_of(const RegisterSpec& spec, const UnitConfig& config) {
  switch (spec.id) {
    case Id::cap: return capability(config).raw();
    case Id::ecap: return extended_capability(config).raw();
    default: return spec.reset;
  }
}

/// The bits that the unit implements: of an address register what the host address width has, of IQA the descriptor
/// width where there are wide ones, of IRTA the mode that ECAP.EIM allows.
std::uint64_t implemented_bits(Id id, const UnitConfig& config) {
  const std::uint64_t host_bits = (std::uint64_t{1} << config.host_address_width) - 1;
  switch (id) {
    case Id::rtaddr:
    case Id::phmbase:
    case Id::phmlimit: return host_bits;
    case Id::irta:
      return config.extended_interrupt_mode ? host_bits : host_bits & ~InterruptRemappingTableAddress::EIME::mask;
    case Id::iqa: return has_wide_descriptors(config) ? all_64 : ~InvalidationQueueAddress::DW::mask;
    default: return all_64;
  }
}

RegisterSpec specialised(RegisterSpec spec, const UnitConfig& config) {
  spec.offset = static_cast<std::uint16_t>(spec.offset + base_of(spec.base, config));
  spec.reset = reset_of(spec, config);
  spec.read_write &= implemented_bits(spec.id, config);
  if (!is_present(spec.needs, config)) spec.reset = spec.read_write = spec.write_1_clears = spec.write_only = 0;
  return spec;
}

}  // namespace

constexpr std::array<RegisterSpec, register_ids> register_table{{
    {Id::ver, "VER", block, 0x000, 4, 0x10, 0, 0, 0, Needs::nothing, "11.4.1"},
    read_only(Id::cap, "CAP", {0x008, 8}, Needs::nothing, "11.4.2"),
    read_only(Id::ecap, "ECAP", {0x010, 8}, Needs::nothing, "11.4.3"),
    {Id::gcmd, "GCMD", block, 0x018, 4, 0, 0, 0, all_32, Needs::nothing, "11.4.4.1"},
    read_only(Id::gsts, "GSTS", {0x01C, 4}, Needs::nothing, "11.4.4.2"),
    read_write(Id::rtaddr, "RTADDR", {0x020, 8}, Field<63, 10>::mask, Needs::nothing, "11.4.5"),
    {Id::ccmd, "CCMD", block, 0x028, 8, 0, ccmd_read_write, 0, ccmd_write_only, Needs::nothing, "11.4.6.1"},
    {Id::fsts, "FSTS", block, 0x034, 4, 0, 0, fsts_clears, 0, Needs::nothing, "11.4.7.1"},
    event_control(Id::fectl, "FECTL", 0x038, Needs::nothing, "11.4.7.2"),
    read_write(Id::fedata, "FEDATA", {0x03C, 4}, event_data, Needs::nothing, "11.4.7.3"),
    read_write(Id::feaddr, "FEADDR", {0x040, 4}, event_address, Needs::nothing, "11.4.7.4"),
    read_write(Id::feuaddr, "FEUADDR", {0x044, 4}, all_32, eim, "11.4.7.5"),
    read_write(Id::pmen, "PMEN", {0x064, 4}, ProtectedMemoryEnable::EPM::mask, Needs::protected_memory, "11.4.8.1"),
    read_write(Id::plmbase, "PLMBASE", {0x068, 4}, protected_low, Needs::protected_low_memory, "11.4.8.2"),
    read_write(Id::plmlimit, "PLMLIMIT", {0x06C, 4}, protected_low, Needs::protected_low_memory, "11.4.8.3"),
    read_write(Id::phmbase, "PHMBASE", {0x070, 8}, protected_high, Needs::protected_high_memory, "11.4.8.4"),
    read_write(Id::phmlimit, "PHMLIMIT", {0x078, 8}, protected_high, Needs::protected_high_memory, "11.4.8.5"),
    read_only(Id::iqh, "IQH", {0x080, 8}, qi, "11.4.9.1"),
    read_write(Id::iqt, "IQT", {0x088, 8}, InvalidationQueueTail::QT::mask, qi, "11.4.9.2"),
    read_write(Id::iqa, "IQA", {0x090, 8}, iqa_read_write, qi, "11.4.9.3"),
    {Id::ics, "ICS", block, 0x09C, 4, 0, 0, InvalidationCompletionStatus::IWC::mask, 0, qi, "11.4.9.4"},
    event_control(Id::iectl, "IECTL", 0x0A0, qi, "11.4.9.5"),
    read_write(Id::iedata, "IEDATA", {0x0A4, 4}, event_data, qi, "11.4.9.6"),
    read_write(Id::ieaddr, "IEADDR", {0x0A8, 4}, event_address, qi, "11.4.9.7"),
    read_write(Id::ieuaddr, "IEUADDR", {0x0AC, 4}, all_32, eim, "11.4.9.8"),
    read_only(Id::iqercd, "IQERCD", {0x0B0, 8}, qi, "11.4.9.9"),
    read_write(Id::irta, "IRTA", {0x0B8, 8}, irta_read_write, Needs::interrupt_remapping, "11.4.10"),
    read_write(Id::pqh, "PQH", {0x0C0, 8}, PageRequestQueuePointer::Offset::mask, prs, "11.4.11.1"),
    // The unit's own, which software sets to 0 beside PQH before it starts the queue.
    read_write(Id::pqt, "PQT", {0x0C8, 8}, PageRequestQueuePointer::Offset::mask, prs, "11.4.11.2"),
    read_write(Id::pqa, "PQA", {0x0D0, 8}, pqa_read_write, prs, "11.4.11.3"),
    {Id::prs, "PRS", block, 0x0DC, 4, 0, 0, prs_clears, 0, prs, "11.4.11.4"},
    event_control(Id::pectl, "PECTL", 0x0E0, prs, "11.4.11.5"),
    read_write(Id::pedata, "PEDATA", {0x0E4, 4}, event_data, prs, "11.4.11.6"),
    read_write(Id::peaddr, "PEADDR", {0x0E8, 4}, event_address, prs, "11.4.11.7"),
    read_write(Id::peuaddr, "PEUADDR", {0x0EC, 4}, all_32, prs, "11.4.11.8"),
    {Id::iva, "IVA", RegisterBase::iotlb, 0x0, 8, 0, 0, 0, iva_write_only, Needs::nothing, "11.4.6.4"},
    {Id::iotlb, "IOTLB", RegisterBase::iotlb, 0x8, 8, 0, iotlb_read_write, 0, 0, Needs::nothing, "11.4.6.3"},
    {Id::frcd_low, "FRCD[63:0]", RegisterBase::fault_record, 0x0, 8, 0, 0, 0, 0, Needs::nothing, "11.4.7.6"},
    {Id::frcd_high, "FRCD[127:64]", RegisterBase::fault_record, 0x8, 8, 0, 0, FaultRecord::F::mask, 0, Needs::nothing,
     "11.4.7.6"},
}};

std::vector<RegisterSpec> registers_of(const UnitConfig& config) {
  std::vector<RegisterSpec> all;
  all.reserve(register_ids + std::size_t{2} * config.fault_records);
  for (const RegisterSpec& spec : register_table)
    all.push_back(specialised(spec, config));
  for (unsigned record = 1; record < config.fault_records; ++record)
    for (const Id half : {Id::frcd_low, Id::frcd_high}) {
      RegisterSpec spec = all[static_cast<std::size_t>(half)];
      spec.offset = static_cast<std::uint16_t>(spec.offset + 16 * record);
      all.push_back(spec);
    }
  return all;
}

}  // namespace iommusim::vtd
