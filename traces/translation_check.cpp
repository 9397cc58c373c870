// SPDX-License-Identifier: Apache-2.0
#include "traces/translation_check.h"

#include "base/quantity.h"
#include "interrupts/msi.h"
#include "traces/json_lines.h"
#include "traces/vtd_interrupt_source.h"

#include <fmt/format.h>

#include <optional>

namespace iommusim::traces {
namespace {

using platforms::JsonValue;

/// What a line says of the page that contains `iova`.
struct KnownPage {
  std::vector<RequesterId> requesters;
  Iova iova;
  PhysAddr physical;
  /// 1: the line tells of one byte, and nothing of the page.
  std::uint64_t size = 1;
  std::optional<Pasid> pasid;
  bool read = false;
  bool write = false;
  bool faults = false;
  std::optional<std::uint64_t> fault_reason;
};

RequesterId requester(const JsonValue& value) {
  return RequesterId{static_cast<std::uint16_t>(value.number(0xFFFF))};
}

void take_rights(const JsonValue& value, KnownPage& page) {
  const std::string rights = value.text();
  if (rights != "r" && rights != "w" && rights != "rw") value.fail_kind(R"("r", "w" or "rw")");
  page.read = rights.front() == 'r';
  page.write = rights.back() == 'w';
}

void take_size(const JsonValue& value, std::uint64_t size, KnownPage& page) {
  if (!is_power_of_two(size) || size < page_4k) value.fail_kind("a page size");
  page.size = size;
  page.iova = page.iova.aligned_down(size);
  page.physical = page.physical.aligned_down(size);
}

KnownPage read_mapping(const JsonValue& line) {
  KnownPage page;
  for (const JsonValue& sid : line.at("sids").elements())
    page.requesters.push_back(requester(sid));
  page.iova = Iova{line.at("iova").number()};
  page.physical = PhysAddr{line.at("pa").number()};
  take_size(line.at("size"), line.at("size").number(), page);
  take_rights(line.at("perm"), page);
  return page;
}

KnownPage read_translation(const JsonValue& line) {
  KnownPage page;
  page.requesters.push_back(requester(line.at("sid")));
  page.iova = Iova{line.at("iova").number()};
  if (const auto substream = line.find("ssid"))
    page.pasid = Pasid{static_cast<std::uint32_t>(substream->number(0xF'FFFF))};
  const JsonValue result = line.at("result");
  page.faults = result.text() == "fault";
  if (!page.faults && result.text() != "ok") result.fail_kind(R"("ok" or "fault")");
  if (page.faults) {
    page.size = page_4k;
    if (const auto reason = line.find("fault_reason")) page.fault_reason = reason->number(0xFFFF);
    return page;
  }
  page.physical = PhysAddr{line.at("pa").number()};
  if (const auto mask = line.find("mask")) take_size(*mask, mask->number() + 1, page);
  take_rights(line.at("leaf_perm"), page);
  return page;
}

std::string rights_text(bool read, bool write) {
  return fmt::format("{}{}", read ? "r" : "-", write ? "w" : "-");
}

std::string answer_text(PhysAddr address, std::uint64_t page_size, bool read, bool write) {
  return fmt::format("{} in a page of {}, {}", format_hex(address.value()), format_size(page_size),
                     rights_text(read, write));
}

std::string text_of(const iommu::TranslationResult& result) {
  if (result.outcome == iommu::Outcome::translated)
    return answer_text(result.address, result.page_size, result.readable, result.writable);
  if (result.outcome == iommu::Outcome::interrupt) return "an interrupt";
  if (result.outcome == iommu::Outcome::posted) return "a posted interrupt";
  return fmt::format("fault {:#x}", result.fault_reason);
}

/// What is expected of one access; empty: what the unit answered.
std::string compare(const KnownPage& page, std::uint64_t offset, Operation operation,
                    const iommu::TranslationResult& result) {
  const bool allowed = !page.faults && (operation == Operation::read ? page.read : page.write);
  if (!allowed) {
    const bool equal =
        result.outcome == iommu::Outcome::fault && (!page.fault_reason || *page.fault_reason == result.fault_reason);
    return equal ? "" : page.fault_reason ? fmt::format("fault {:#x}", *page.fault_reason) : "a fault";
  }
  const PhysAddr address = page.physical + offset;
  const bool size_fits = page.size == 1 || result.page_size == page.size;
  const bool equal = result.outcome == iommu::Outcome::translated && result.address == address && size_fits &&
                     result.readable == page.read && result.writable == page.write;
  return equal ? "" : answer_text(address, page.size == 1 ? result.page_size : page.size, page.read, page.write);
}

/// Empty when every access to the page is answered as it should.
std::string difference(const iommu::Unit& unit, const KnownPage& page, RequesterId requester) {
  iommu::FetchLog fetches;
  for (const std::uint64_t offset : {std::uint64_t{0}, page.size - 1}) {
    for (const Operation operation : {Operation::read, Operation::write}) {
      iommu::TranslationRequest request;
      request.requester = requester;
      request.pasid = page.pasid;
      request.operation = operation;
      request.address = page.iova + offset;
      request.size = 1;
      const auto result = unit.decide(request, fetches);
      const std::string expected = compare(page, offset, operation, result);
      if (!expected.empty())
        return fmt::format("{} {} {}: found {}, expected {}", to_string(requester), to_string(operation),
                           format_hex(request.address.value()), text_of(result), expected);
    }
  }
  return {};
}

/// A remapped message: {"index", "in_addr", "in_data", "out_addr", "out_data"}. Who sent it the line does not say: the
/// source that the message's entry lets in.
struct KnownMessage {
  iommu::TranslationRequest request;
  interrupts::MsiMessage expected;
};

KnownMessage read_message(const JsonValue& line) {
  KnownMessage known;
  known.request.operation = Operation::write;
  known.request.address = Iova{line.at("in_addr").number()};
  known.request.message_data = static_cast<std::uint32_t>(line.at("in_data").number(0xFFFF'FFFF));
  known.request.size = sizeof(known.request.message_data);
  known.expected = {BusAddr{line.at("out_addr").number()},
                    static_cast<std::uint32_t>(line.at("out_data").number(0xFFFF'FFFF))};
  return known;
}

std::string text_of(const interrupts::MsiMessage& message) {
  return fmt::format("message {:#x} to {:#x}", message.data, message.address.value());
}

std::string difference(const iommu::Unit& unit, KnownMessage known) {
  iommu::FetchLog fetches;
  iommu::TranslationResult result = unit.decide(known.request, fetches);
  if (fetches.size() != 0) {
    known.request.requester = vtd_interrupt_source(*fetches.begin());
    result = unit.decide(known.request, fetches);
  }
  const bool delivered = result.outcome == iommu::Outcome::interrupt;
  const interrupts::MsiMessage found{BusAddr{result.address.value()}, result.message_data};
  if (delivered && found == known.expected) return {};
  return fmt::format("{} {}: found {}, expected {}", to_string(known.request.requester),
                     text_of({BusAddr{known.request.address.value()}, known.request.message_data}),
                     delivered ? text_of(found) : text_of(result), text_of(known.expected));
}

}  // namespace

TranslationCheck check_translations(const iommu::Unit& unit, const std::string& file, const ReadProgress& progress) {
  constexpr std::size_t most_differences = 20;
  TranslationCheck check;
  JsonLines lines{file};
  const auto count = [&](const std::string& different) {
    ++check.checked;
    if (different.empty())
      ++check.equal;
    else if (check.differences.size() < most_differences)
      check.differences.push_back(fmt::format("line {}, {}", lines.line_number(), different));
  };
  while (lines.next()) {
    const JsonValue line = lines.value();
    if (line.find("in_addr")) {
      count(difference(unit, read_message(line)));
      continue;
    }
    const KnownPage page = line.find("sids") ? read_mapping(line) : read_translation(line);
    for (const RequesterId requester : page.requesters)
      count(difference(unit, page, requester));
    if (progress) progress(check.checked, lines.file());
  }
  return check;
}

}  // namespace iommusim::traces
