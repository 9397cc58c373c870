// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/comparison.h"

#include "support/unit_outcomes.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace iommusim::tests {
namespace {

using oracle::vtd::Answer;
using oracle::vtd::Outcome;
using oracle::vtd::Record;
using oracle::vtd::Request;
using support::differs;
using support::name;

iommu::Outcome as_unit(Outcome outcome) {
  switch (outcome) {
    case Outcome::passes:
    case Outcome::no_rights: return iommu::Outcome::translated;
    case Outcome::interrupt: return iommu::Outcome::interrupt;
    case Outcome::posted: return iommu::Outcome::posted;
    case Outcome::done: return iommu::Outcome::ignored;
    case Outcome::blocked: break;
  }
  return iommu::Outcome::fault;
}

/// A completion says all rights; what a request leads to may claim less than the tables grant, but what was asked.
std::string rights_difference(const Request& request, const Answer& expected, const iommu::TranslationResult& found) {
  const bool completion = request.wants_translation();
  if (completion ? expected.readable != found.readable : found.readable && !expected.readable)
    return differs("read permission", expected.readable ? 1 : 0, found.readable ? 1 : 0);
  if (completion ? expected.writable != found.writable : found.writable && !expected.writable)
    return differs("write permission", expected.writable ? 1 : 0, found.writable ? 1 : 0);
  if (request.reads() && request.size != 0 && !found.readable) return "a read that passes is not readable";
  if (request.writes() && !found.writable) return "a write that passes is not writable";
  return {};
}

std::string passage_difference(const Request& request, const Answer& expected, const iommu::TranslationResult& found) {
  if (expected.outcome == Outcome::no_rights)
    return found.readable || found.writable ? "rights where there are none" : std::string{};
  if (found.address.value() != expected.address) return "address";
  if (expected.page_bytes != 0 && found.page_size > expected.page_bytes)
    return differs("page size", expected.page_bytes, found.page_size);
  return rights_difference(request, expected, found);
}

bool is_same(const oracle::vtd::Message& expected, std::uint64_t address, std::uint32_t data) {
  return expected.address == address && expected.data == data;
}

std::string interrupt_difference(const Answer& expected, const UnitAnswer& unit) {
  if (expected.outcome == Outcome::interrupt) {
    const bool same = is_same(*expected.message, unit.result.address.value(), unit.result.message_data);
    return same ? std::string{} : "the interrupt's message";
  }
  const std::size_t notifications = expected.message ? 1 : 0;
  if (unit.messages.size() != notifications) return differs("notifications", notifications, unit.messages.size());
  if (!expected.message) return {};
  const interrupts::MsiMessage& sent = unit.messages.front();
  return is_same(*expected.message, sent.address.value(), sent.data) ? std::string{} : "the notification's message";
}

/// Of an interrupt request nothing but reason, source and index is recorded.
std::string interrupt_record_difference(const Record& expected, const FaultRecord& found) {
  using R = FaultRecord;
  if (found.get<R::FR>() != expected.reason) return differs("FR", expected.reason, found.get<R::FR>());
  if (found.get<R::SID>() != expected.source) return "SID";
  const bool index_differs = !expected.fault_page_open && found.get<R::FI>() != expected.fault_page;
  return index_differs ? "FI of an interrupt request" : std::string{};
}

std::string record_difference(const Record& expected, const FaultRecord& found) {
  using R = FaultRecord;
  if (expected.interrupt) return interrupt_record_difference(expected, found);
  if (found.get<R::FR>() != expected.reason) return differs("FR", expected.reason, found.get<R::FR>());
  if (found.get<R::SID>() != expected.source) return "SID";
  if (found.get<R::FI>() != expected.fault_page) return "FI";
  const std::uint64_t type = (expected.t1 ? 2U : 0U) + (expected.t2 ? 1U : 0U);
  const std::uint64_t found_type = found.get<R::T1>() * 2 + found.get<R::T2>();
  if (found_type != type) return differs("T1,T2", type, found_type);
  if (found.get<R::AT>() != expected.address_type) return differs("AT", expected.address_type, found.get<R::AT>());
  const std::uint64_t pp = expected.pasid_present ? 1 : 0;
  if (found.get<R::PP>() != pp) return differs("PP", pp, found.get<R::PP>());
  if (expected.pasid_present && found.get<R::PV>() != expected.pasid) return "PV";
  if (found.get<R::EXE>() != (expected.execute ? 1U : 0U))
    return differs("EXE", expected.execute ? 1 : 0, found.get<R::EXE>());
  if (found.get<R::PRIV>() != (expected.privileged ? 1U : 0U))
    return differs("PRIV", expected.privileged ? 1 : 0, found.get<R::PRIV>());
  return {};
}

std::string fault_difference(const Answer& expected, const UnitAnswer& unit) {
  if (expected.reason && unit.result.fault_reason != *expected.reason)
    return differs("fault reason", *expected.reason, unit.result.fault_reason);
  if (unit.result.fault_recorded != expected.record.has_value())
    return differs("fault recorded", expected.record ? 1 : 0, unit.result.fault_recorded ? 1 : 0);
  return {};
}

/// A posted write has no completion.
std::string status_difference(const Request& request, const Answer& expected, CompletionStatus found) {
  CompletionStatus wanted = CompletionStatus::successful;
  if (expected.outcome == Outcome::blocked)
    wanted = request.operation == Operation::write ? CompletionStatus::none : CompletionStatus::unsupported_request;
  if (expected.completer_abort) wanted = CompletionStatus::completer_abort;
  if (found == wanted) return {};
  return fmt::format("completion: expected {}, found {}", to_string(wanted), to_string(found));
}

std::string update_difference(const Answer& expected, const ImageMemory& memory) {
  if (expected.updates_open) return {};
  std::map<std::uint64_t, std::uint64_t> wanted;
  for (const auto& update : expected.updates)
    wanted[update.address] = update.value;
  for (const auto& [address, value] : wanted) {
    const auto found = memory.word(address);
    if (!found || *found != value)
      return fmt::format("a table word lacks bits {:#x}, has {:#x} too many", value & ~found.value_or(0),
                         found.value_or(0) & ~value);
  }
  for (const auto& change : memory.written())
    if (wanted.count(change.first) == 0) return "a table word was written that should not be";
  return {};
}

/// 7.4.1: the entry of a page request.
std::array<std::uint64_t, 4> queue_entry(const iommu::PageRequest& page) {
  const auto flag = [](bool set, unsigned bit) { return (set ? std::uint64_t{1} : 0) << bit; };
  std::array<std::uint64_t, 4> entry{};
  entry[0] = 0x01 | flag(page.pasid.has_value(), 8) | std::uint64_t{page.requester.raw()} << 16;
  if (page.pasid)
    entry[0] |= std::uint64_t{page.pasid->value()} << 32 | flag(page.execute, 52) | flag(page.privileged, 53);
  entry[1] = flag(page.read, 0) | flag(page.write, 1) | flag(page.last, 2) | std::uint64_t{page.group} << 3 |
             page.address.value();
  return entry;
}

/// 7.4: software answers what is in the queue; what is not, the unit does, at the end of a group. Nobody answers a
/// stop marker.
std::string response_difference(const iommu::PageRequest& page, const PageAnswer& unit) {
  const bool is_stop_marker = page.pasid && page.last && !page.read && !page.write;
  const std::size_t responses = !unit.entry && page.last && !is_stop_marker ? 1 : 0;
  if (unit.responses.size() != responses) return differs("responses", responses, unit.responses.size());
  if (responses == 0) return {};
  const iommu::PageGroupResponse& response = unit.responses.front();
  const bool same = response.target == page.requester && response.pasid == page.pasid && response.group == page.group;
  return same && response.code != iommu::PageResponse::success ? std::string{} : "the response to a page request";
}

}  // namespace

std::string difference(const Request& request, const Answer& expected, const UnitAnswer& unit,
                       const ImageMemory& memory) {
  if (unit.result.outcome != as_unit(expected.outcome))
    return fmt::format("outcome: expected {}, found {} (reason {:#x})", name(as_unit(expected.outcome)),
                       name(unit.result.outcome), unit.result.fault_reason);
  std::string found;
  if (expected.outcome == Outcome::blocked) found = fault_difference(expected, unit);
  if (expected.outcome == Outcome::passes || expected.outcome == Outcome::no_rights)
    found = passage_difference(request, expected, unit.result);
  if (expected.outcome == Outcome::interrupt || expected.outcome == Outcome::posted)
    found = interrupt_difference(expected, unit);
  if (found.empty()) found = status_difference(request, expected, unit.result.status);
  if (!found.empty()) return found;
  if (expected.record.has_value() != unit.record.has_value())
    return differs("FRCD.F", expected.record ? 1 : 0, unit.record ? 1 : 0);
  if (expected.record) found = record_difference(*expected.record, *unit.record);
  return found.empty() ? update_difference(expected, memory) : found;
}

std::string difference(const iommu::PageRequest& page, const Answer& expected, const PageAnswer& unit,
                       const ImageMemory& memory) {
  const bool queued = expected.outcome == Outcome::passes;
  if (queued != unit.entry.has_value()) return differs("queued", queued ? 1 : 0, unit.entry ? 1 : 0);
  if (queued && *unit.entry != queue_entry(page)) return "the entry of the page request queue";
  std::string found = response_difference(page, unit);
  if (!found.empty()) return found;
  if (expected.record.has_value() != unit.record.has_value())
    return differs("FRCD.F", expected.record ? 1 : 0, unit.record ? 1 : 0);
  if (expected.record) found = record_difference(*expected.record, *unit.record);
  for (const auto& change : memory.written())
    if (found.empty() && change.first < ImageMemory::page_request_queue) found = "a page request changed a table";
  return found;
}

std::string describe(const Request& request) {
  if (request.page_request)
    return fmt::format("{:#06x} page request {:#x}{}", request.source, request.address,
                       request.pasid ? fmt::format(" PASID {:#x}", *request.pasid) : "");
  return fmt::format("{:02x}:{:02x}.{} {} {} {:#x}+{}{}{}{}{}", request.source >> 8, (request.source >> 3) & 0x1F,
                     request.source & 7, to_string(request.address_type), to_string(request.operation), request.address,
                     request.size, request.pasid ? fmt::format(" PASID {:#x}", *request.pasid) : "",
                     request.privileged ? " PR" : "", request.execute ? " ER" : "", request.no_write ? " NW" : "");
}

std::string describe(const Answer& answer) {
  std::string text;
  switch (answer.outcome) {
    case Outcome::passes:
      text = fmt::format("passes to {:#x}, page {:#x}, R={:d} W={:d}", answer.address, answer.page_bytes,
                         answer.readable, answer.writable);
      break;
    case Outcome::no_rights: text = "completed without rights"; break;
    case Outcome::done: text = "done without memory"; break;
    case Outcome::interrupt: text = "interrupt"; break;
    case Outcome::posted: text = "posted interrupt"; break;
    case Outcome::blocked:
      text = fmt::format("blocked, reason {:#x}, {}", answer.reason.value_or(0),
                         answer.record ? "recorded" : "not recorded");
      break;
  }
  for (const auto& update : answer.updates)
    text += fmt::format("; sets {:#x} to {:#x}", update.address, update.value);
  return text;
}

}  // namespace iommusim::tests
