// SPDX-License-Identifier: Apache-2.0
#include "traces/case_machine.h"

#include "base/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace iommusim::traces {
namespace {

using nlohmann::json;
using platforms::JsonValue;

// Far above what any case needs, far below what fills the memory of the host.
constexpr std::uint64_t longest_access = 1 << 20;
constexpr std::uint64_t longest_fill = 1 << 24;

std::string text_of(const std::vector<memory::Bank>& banks) {
  std::string text;
  for (const memory::Bank& bank : banks)
    text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", format_hex(bank.range.first.value()),
                        format_hex(bank.range.last.value()));
  return text;
}

std::string to_hex(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

struct RegisterStep {
  std::uint64_t offset = 0;
  unsigned width = 0;
};

RegisterStep register_of(const JsonValue& offset, const JsonValue& width) {
  // Page 1 of an SMMUv3 begins at 64 KiB.
  return {offset.number(0x1'FFFF), static_cast<unsigned>(width.number(8))};
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

void CaseMachine::load(const JsonValue& test) {
  unit().on_message([this](const interrupts::MsiMessage& message) { messages_.push_back(message); });
  if (const auto clear = test.find("clear_faults")) clears_faults_ = clear->boolean();
  for (const JsonValue& area : test.at("memory").elements())
    fill(area);
  for (const JsonValue& entry : test.at("registers").elements()) {
    const auto parts = entry.elements();
    if (parts.size() != 3) entry.fail_kind("[offset, width, value]");
    const auto [offset, width] = register_of(parts[0], parts[1]);
    unit().write_register(offset, width, parts[2].number());
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
    where.fail(
        fmt::format("{} lies outside the memory of the cases ({})", format_hex(address), text_of(memory_.banks())));
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
  const auto result = unit().translate(request, fetches);
  observe(request, result, fetches);
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
  return {{"value", format_hex(unit().read_register(offset, width) & (mask ? mask->number() : ~std::uint64_t{0}))}};
}

json CaseMachine::reg_write(const JsonValue& step) {
  const auto [offset, width] = register_of(step.at("offset"), step.at("width"));
  unit().write_register(offset, width, step.at("value").number());
  return json::object();
}

/// The unit has finished whatever it was told, so one look is enough.
json CaseMachine::reg_poll(const JsonValue& step) {
  const auto [offset, width] = register_of(step.at("offset"), step.at("width"));
  const std::uint64_t value = unit().read_register(offset, width) & step.at("mask").number();
  return {{"done", value == step.at("value").number()}};
}

}  // namespace iommusim::traces
