// SPDX-License-Identifier: Apache-2.0
#include "traces/case_machine_vtd.h"

#include "base/endian.h"
#include "base/quantity.h"
#include "iommu/vtd/interrupt_message.h"
#include "iommu/vtd/registers.h"

#include <array>
#include <string_view>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;

// VT-d specification, 11.4.7.1, 11.4.7.6 and 11.4.10.
constexpr std::uint64_t fsts_offset = 0x034;
constexpr std::uint64_t irta_offset = 0x0B8;
constexpr std::uint64_t frcd_f = std::uint64_t{1} << 63;

std::vector<memory::Bank> banks() {
  constexpr std::uint64_t gib = page_1g;
  return {{ComponentId::none, {PhysAddr{0}, PhysAddr{2 * gib - 1}}},
          {ComponentId::none, {PhysAddr{4 * gib}, PhysAddr{5 * gib - 1}}}};
}

/// The units of the cases, which follow QEMU: one width serves for input and output addresses.
vtd::UnitConfig config_of(const JsonValue& iommu) {
  vtd::UnitConfig config;
  const JsonValue width = iommu.at("aw");
  const auto bits = static_cast<unsigned>(width.number());
  if (bits != 39 && bits != 48) width.fail_kind("39 or 48");
  config.guest_address_width = bits;
  config.host_address_width = bits;
  config.table_levels = bits == 48 ? std::vector<unsigned>{3, 4} : std::vector<unsigned>{3};
  config.interrupt_remapping = true;
  if (const auto caching = iommu.find("caching_mode")) config.caching_mode = caching->boolean();
  if (const auto ats = iommu.find("device_iotlb")) config.device_tlb = ats->boolean();
  // Second-stage tables only; PASIDs come from the context entry's side alone.
  if (const auto mode = iommu.find("mode"))
    config.scalable_mode = config.second_stage = config.supervisor_requests = mode->text() == "scalable";
  return config;
}

std::string_view type_of(const vtd::FaultRecord& record) {
  const bool t1 = record.get<vtd::FaultRecord::T1>();
  const bool t2 = record.get<vtd::FaultRecord::T2>();
  if (t1) return t2 ? "atomic" : "read";
  return t2 ? "page-request" : "write";
}

}  // namespace

VtdCaseMachine::VtdCaseMachine(const JsonValue& test)
    : CaseMachine{banks()}, unit_{config_of(test.at("iommu")), memory()} {
  load(test);
}

void VtdCaseMachine::add_fault_state(json& answer) {
  answer["fsts"] = unit_.read_register(fsts_offset, 4) & 0xFF;
  answer["frcd"] = first_fault_record();
  if (answer["outcome"] != "ok" && !answer["frcd"].is_null()) answer["fault_reason"] = answer["frcd"]["fault_reason"];
  if (!messages().empty())
    answer["fault_event"] = {{"addr", format_hex(messages().front().address.value())},
                             {"data", format_hex(messages().front().data)}};
}

json VtdCaseMachine::first_fault_record() const {
  const std::uint64_t offset = unit_.config().fault_record_offset;
  vtd::FaultRecord record;
  record.set_word(0, unit_.read_register(offset, 8));
  record.set_word(1, unit_.read_register(offset + 8, 8));
  if (!record.get<vtd::FaultRecord::F>()) return nullptr;
  return {{"sid", format_hex(record.get<vtd::FaultRecord::SID>(), 4)},
          {"fault_reason", record.get<vtd::FaultRecord::FR>()},
          {"type", type_of(record)},
          {"fault_info", format_hex(record.get<vtd::FaultRecord::FI>() << 12)}};
}

void VtdCaseMachine::clear_fault_state() {
  unit_.write_register(unit_.config().fault_record_offset + 8, 8, frcd_f);
  vtd::FaultStatus overflow;
  overflow.set<vtd::FaultStatus::PFO>(true);
  unit_.write_register(fsts_offset, 4, overflow.raw());
}

/// QEMU takes the bus range of SVT=10 from bits 7:0 of SID to bits 15:8, where the specification has the first bus in
/// bits 15:8.
const char* VtdCaseMachine::deviation_of(const iommu::TranslationRequest& interrupt) const {
  using Entry = vtd::InterruptRemappingEntry;
  const std::uint32_t index = vtd::interrupt_index(vtd::RemappableAddress{interrupt.address.value()},
                                                   vtd::RemappableData{interrupt.message_data});
  const vtd::InterruptRemappingTableAddress table{unit_.read_register(irta_offset, 8)};
  const PhysAddr place{(table.raw() & vtd::InterruptRemappingTableAddress::IRTA::mask) + index * Entry::bytes};
  std::array<std::uint8_t, Entry::bytes> bytes{};
  if (!memory().read(place, bytes.data(), bytes.size())) return nullptr;
  const Entry entry{{load_le<std::uint64_t>(bytes.data()), load_le<std::uint64_t>(bytes.data() + 8)}};
  const auto sid = entry.get<Entry::SID>();
  const bool is_range = entry.get<Entry::SVT>() == vtd::SourceValidation::bus_range && sid >> 8 != (sid & 0xFF);
  return is_range ? "VT-d specification, 9.10: with SVT=10 SID bits 15:8 are the first bus, and bits 7:0 the last"
                  : nullptr;
}

/// A device's interrupt, and what a processor would see of it. What is recorded of a blocked one, the cases do not
/// tell.
json VtdCaseMachine::msi(const JsonValue& step) {
  iommu::TranslationRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(step.at("rid").number(0xFFFF))};
  request.operation = Operation::write;
  request.address = Iova{step.at("addr").number()};
  request.size = sizeof(request.message_data);
  request.message_data = static_cast<std::uint32_t>(step.at("data").number(0xFFFF'FFFF));
  allow_deviation(deviation_of(request));
  iommu::FetchLog fetches;
  const auto result = unit_.translate(request, fetches);
  json answer{{"outcome", "blocked"}};
  if (result.outcome == iommu::Outcome::interrupt) {
    const interrupts::MsiAddress address{result.address.value()};
    const interrupts::MsiData data{result.message_data};
    answer = {{"outcome", "ok"},
              {"vector", data.get<interrupts::MsiData::Vector>()},
              {"delivery_mode", data.get<interrupts::MsiData::DeliveryMode>()},
              {"trigger_mode", data.get<interrupts::MsiData::TriggerMode>()},
              {"dest", address.get<interrupts::MsiAddress::Destination>()},
              {"dest_mode", address.get<interrupts::MsiAddress::DestinationMode>()},
              {"redirection_hint", address.get<interrupts::MsiAddress::RedirectionHint>()}};
    add_fault_state(answer);
  }
  if (clears_faults()) clear_fault_state();
  return answer;
}

}  // namespace iommusim::traces
