// SPDX-License-Identifier: Apache-2.0
#include "traces/case_machine.h"

#include "base/endian.h"
#include "base/quantity.h"
#include "iommu/vtd/interrupt_message.h"
#include "iommu/vtd/registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;

// VT-d specification, 11.4.7.1, 11.4.7.6 and 11.4.10.
constexpr std::uint64_t fsts_offset = 0x034;
constexpr std::uint64_t irta_offset = 0x0B8;
constexpr std::uint64_t frcd_f = std::uint64_t{1} << 63;
// Far above what any case needs, far below what fills the memory of the host.
constexpr std::uint64_t longest_access = 1 << 20;
constexpr std::uint64_t longest_fill = 1 << 24;

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

std::string to_hex(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string_view type_of(const vtd::FaultRecord& record) {
  const bool t1 = record.get<vtd::FaultRecord::T1>();
  const bool t2 = record.get<vtd::FaultRecord::T2>();
  if (t1) return t2 ? "atomic" : "read";
  return t2 ? "page-request" : "write";
}

struct RegisterStep {
  std::uint64_t offset = 0;
  unsigned width = 0;
};

RegisterStep register_of(const JsonValue& offset, const JsonValue& width) {
  return {offset.number(0xFFFF), static_cast<unsigned>(width.number(8))};
}

}  // namespace

/// A DMA of a device, before it is cut at pages.
struct CaseMachine::Transfer {
  RequesterId requester;
  Operation operation = Operation::read;
  Iova iova;
  std::uint64_t size = 0;
  std::vector<std::uint8_t> data;
};

struct CaseMachine::NamedStep {
  std::string_view name;
  Step perform;
};

CaseMachine::CaseMachine(const JsonValue& test) : memory_{banks()}, unit_{config_of(test.at("iommu")), memory_} {
  unit_.on_message([this](const interrupts::MsiMessage& message) { messages_.push_back(message); });
  if (const auto clear = test.find("clear_faults")) clears_faults_ = clear->boolean();
  for (const JsonValue& area : test.at("memory").elements())
    fill(area);
  for (const JsonValue& entry : test.at("registers").elements()) {
    const auto parts = entry.elements();
    if (parts.size() != 3) entry.fail_kind("[offset, width, value]");
    const auto [offset, width] = register_of(parts[0], parts[1]);
    unit_.write_register(offset, width, parts[2].number());
  }
}

void CaseMachine::fill(const JsonValue& area) {
  const std::uint64_t address = area.at("addr").number();
  const auto pattern = area.find("fill");
  if (!pattern) return write_memory(area, address, area.at("hex").bytes());
  const std::uint64_t size = area.at("len").number(longest_fill);
  if (pattern->text() != "addr64" || address % 8 != 0 || size % 8 != 0)
    pattern->fail_kind("\"addr64\" over aligned words of 8 bytes");
  std::vector<std::uint8_t> word(8);
  for (std::uint64_t offset = 0; offset < size; offset += 8) {
    const std::uint64_t value = (address + offset) | std::uint64_t{0xA5} << 56;
    for (unsigned byte = 0; byte < 8; ++byte)
      word[byte] = static_cast<std::uint8_t>(value >> (8 * byte));
    write_memory(area, address + offset, word);
  }
}

void CaseMachine::write_memory(const JsonValue& where, std::uint64_t address, const std::vector<std::uint8_t>& bytes) {
  if (!memory_.write(PhysAddr{address}, bytes.data(), bytes.size()))
    where.fail(fmt::format("{} lies outside the memory of the cases (0 to 2 GiB, 4 to 5 GiB)", format_hex(address)));
}

json CaseMachine::perform(const JsonValue& step) {
  static constexpr std::array<NamedStep, 8> steps{{{"read", &CaseMachine::read},
                                                   {"write", &CaseMachine::write},
                                                   {"msi", &CaseMachine::msi},
                                                   {"mem_read", &CaseMachine::mem_read},
                                                   {"mem_write", &CaseMachine::mem_write},
                                                   {"reg_read", &CaseMachine::reg_read},
                                                   {"reg_write", &CaseMachine::reg_write},
                                                   {"reg_poll", &CaseMachine::reg_poll}}};
  messages_.clear();
  deviation_ = nullptr;
  const JsonValue name = step.at("op");
  for (const NamedStep& known : steps)
    if (known.name == name.text()) return (this->*known.perform)(step);
  name.fail_kind("read, write, msi, mem_read, mem_write, reg_read, reg_write or reg_poll");
}

json CaseMachine::read(const JsonValue& step) {
  return dma({RequesterId{static_cast<std::uint16_t>(step.at("rid").number(0xFFFF))},
              Operation::read,
              Iova{step.at("iova").number()},
              step.at("len").number(longest_access),
              {}});
}

json CaseMachine::write(const JsonValue& step) {
  Transfer transfer{RequesterId{static_cast<std::uint16_t>(step.at("rid").number(0xFFFF))}, Operation::write,
                    Iova{step.at("iova").number()}, step.at("len").number(longest_access), step.at("data").bytes()};
  if (transfer.data.size() != transfer.size) step.at("data").fail_kind("as many bytes as \"len\" says");
  return dma(transfer);
}

/// Cut at pages, as every access is; each part has its own answer.
json CaseMachine::dma(const Transfer& transfer) {
  json segments = json::array();
  std::size_t good = 0;
  for (std::uint64_t offset = 0; offset < transfer.size;) {
    const std::uint64_t room = page_4k - (transfer.iova + offset).offset_in(page_4k);
    const std::uint64_t size = std::min(room, transfer.size - offset);
    segments.push_back(dma_within_page(transfer, offset, static_cast<std::uint32_t>(size)));
    if (segments.back()["outcome"] == "ok") ++good;
    offset += size;
  }
  json answer;
  if (segments.size() == 1) {
    answer = segments[0];
    answer.erase("iova");
    answer.erase("len");
  } else {
    answer["outcome"] = good == segments.size() ? "ok" : good == 0 ? "fault" : "partial";
    answer["segments"] = std::move(segments);
  }
  add_fault_state(answer);
  if (clears_faults_) clear_fault_state();
  return answer;
}

json CaseMachine::dma_within_page(const Transfer& transfer, std::uint64_t offset, std::uint32_t size) {
  iommu::TranslationRequest request;
  request.requester = transfer.requester;
  request.operation = transfer.operation;
  request.address = transfer.iova + offset;
  request.size = size;
  iommu::FetchLog fetches;
  const auto result = unit_.translate(request, fetches);
  json answer{{"iova", format_hex(request.address.value())}, {"len", size}, {"outcome", "ok"}, {"pa", nullptr}};
  if (result.outcome != iommu::Outcome::translated) {
    answer["outcome"] = result.outcome == iommu::Outcome::fault ? "fault" : "interrupt";
    return answer;
  }
  answer["pa"] = format_hex(result.address.value());
  if (transfer.operation == Operation::write) {
    memory_.write(result.address, transfer.data.data() + offset, size);
    return answer;
  }
  std::vector<std::uint8_t> data(size);
  const bool answered = memory_.read(result.address, data.data(), data.size());
  answer["data"] = answered ? json(to_hex(data)) : json(nullptr);
  return answer;
}

void CaseMachine::add_fault_state(json& answer) {
  answer["fsts"] = unit_.read_register(fsts_offset, 4) & 0xFF;
  answer["frcd"] = first_fault_record();
  if (answer["outcome"] != "ok" && !answer["frcd"].is_null()) answer["fault_reason"] = answer["frcd"]["fault_reason"];
  if (!messages_.empty())
    answer["fault_event"] = {{"addr", format_hex(messages_.front().address.value())},
                             {"data", format_hex(messages_.front().data)}};
}

json CaseMachine::first_fault_record() const {
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

void CaseMachine::clear_fault_state() {
  unit_.write_register(unit_.config().fault_record_offset + 8, 8, frcd_f);
  vtd::FaultStatus overflow;
  overflow.set<vtd::FaultStatus::PFO>(true);
  unit_.write_register(fsts_offset, 4, overflow.raw());
}

/// QEMU takes the bus range of SVT=10 from bits 7:0 of SID to bits 15:8, where the specification has the first bus in
/// bits 15:8.
const char* CaseMachine::deviation_of(const iommu::TranslationRequest& interrupt) const {
  using Entry = vtd::InterruptRemappingEntry;
  const std::uint32_t index = vtd::interrupt_index(vtd::RemappableAddress{interrupt.address.value()},
                                                   vtd::RemappableData{interrupt.message_data});
  const vtd::InterruptRemappingTableAddress table{unit_.read_register(irta_offset, 8)};
  const PhysAddr place{(table.raw() & vtd::InterruptRemappingTableAddress::IRTA::mask) + index * Entry::bytes};
  std::array<std::uint8_t, Entry::bytes> bytes{};
  if (!memory_.read(place, bytes.data(), bytes.size())) return nullptr;
  const Entry entry{{load_le<std::uint64_t>(bytes.data()), load_le<std::uint64_t>(bytes.data() + 8)}};
  const auto sid = entry.get<Entry::SID>();
  const bool is_range = entry.get<Entry::SVT>() == vtd::SourceValidation::bus_range && sid >> 8 != (sid & 0xFF);
  return is_range ? "VT-d specification, 9.10: with SVT=10 SID bits 15:8 are the first bus, and bits 7:0 the last"
                  : nullptr;
}

/// A device's interrupt, and what a processor would see of it. What is recorded of a blocked one, the cases do not
/// tell.
json CaseMachine::msi(const JsonValue& step) {
  iommu::TranslationRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(step.at("rid").number(0xFFFF))};
  request.operation = Operation::write;
  request.address = Iova{step.at("addr").number()};
  request.size = sizeof(request.message_data);
  request.message_data = static_cast<std::uint32_t>(step.at("data").number(0xFFFF'FFFF));
  deviation_ = deviation_of(request);
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
  if (clears_faults_) clear_fault_state();
  return answer;
}

json CaseMachine::mem_read(const JsonValue& step) {
  std::vector<std::uint8_t> bytes(step.at("len").number(longest_access));
  const bool answered = memory_.read(PhysAddr{step.at("addr").number()}, bytes.data(), bytes.size());
  return {{"hex", answered ? json(to_hex(bytes)) : json(nullptr)}};
}

json CaseMachine::mem_write(const JsonValue& step) {
  write_memory(step, step.at("addr").number(), step.at("hex").bytes());
  return json::object();
}

json CaseMachine::reg_read(const JsonValue& step) {
  const auto [offset, width] = register_of(step.at("offset"), step.at("width"));
  const auto mask = step.find("mask");
  return {{"value", format_hex(unit_.read_register(offset, width) & (mask ? mask->number() : ~std::uint64_t{0}))}};
}

json CaseMachine::reg_write(const JsonValue& step) {
  const auto [offset, width] = register_of(step.at("offset"), step.at("width"));
  unit_.write_register(offset, width, step.at("value").number());
  return json::object();
}

/// The unit has finished whatever it was told, so one look is enough.
json CaseMachine::reg_poll(const JsonValue& step) {
  const auto [offset, width] = register_of(step.at("offset"), step.at("width"));
  const std::uint64_t value = unit_.read_register(offset, width) & step.at("mask").number();
  return {{"done", value == step.at("value").number()}};
}

}  // namespace iommusim::traces
