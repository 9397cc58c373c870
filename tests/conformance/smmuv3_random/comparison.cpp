// SPDX-License-Identifier: Apache-2.0
#include "conformance/smmuv3_random/comparison.h"

#include "support/unit_outcomes.h"

#include <fmt/format.h>

#include <map>

namespace iommusim::tests::smmu {
namespace {

using oracle::smmuv3::Answer;
using oracle::smmuv3::Outcome;
using oracle::smmuv3::Request;
using support::differs;
using support::name;

iommu::Outcome as_unit(Outcome outcome) {
  switch (outcome) {
    case Outcome::passes:
    case Outcome::completed: return iommu::Outcome::translated;
    case Outcome::ignored: return iommu::Outcome::ignored;
    case Outcome::stalled: return iommu::Outcome::stalled;
    case Outcome::aborted: break;
  }
  return iommu::Outcome::fault;
}

/// A completion says all rights, but execution only where it grants something.
std::string completion_difference(const Answer& expected, const iommu::TranslationResult& found) {
  if (expected.readable != found.readable) return differs("R", expected.readable, found.readable);
  const bool open = expected.write_open && expected.writable;
  if (!open && expected.writable != found.writable) return differs("W", expected.writable, found.writable);
  if (expected.executable != found.executable) return differs("Exe", expected.executable, found.executable);
  if (found.untranslated_only) return "U is set";
  if (!found.readable && !found.writable) return {};
  if (found.address.value() != expected.address) return "address of a completion";
  return {};
}

/// What a transaction leads to may claim less than the tables grant, but what was asked.
std::string passage_difference(const Request& request, const Answer& expected, const iommu::TranslationResult& found) {
  if (found.address.value() != expected.address) return "address";
  if (found.readable && !expected.readable) return "readable where it is not";
  if (found.writable && !expected.writable) return "writable where it is not";
  if (request.operation != Operation::write && request.size != 0 && !found.readable)
    return "a read that passes is not readable";
  if (request.operation != Operation::read && !found.writable) return "a write that passes is not writable";
  return {};
}

std::string record_difference(const Answer& expected, const UnitAnswer& unit) {
  const std::size_t records = expected.record ? 1 : 0;
  if (unit.records.size() != records) return differs("records", records, unit.records.size());
  if (unit.result.fault_recorded != expected.record.has_value())
    return differs("fault_recorded", records, unit.result.fault_recorded);
  if (!expected.record) return {};
  for (std::size_t word = 0; word < 4; ++word) {
    const std::uint64_t care = ~expected.record->open[word];
    const std::uint64_t wrong = (expected.record->words[word] ^ unit.records.front()[word]) & care;
    if (wrong == 0) continue;
    const auto code = unit.records.front()[0] & 0xFF;
    if (word == 0 || word == 1) return fmt::format("record {:#x}, word {}: wrong bits {:#x}", code, word, wrong);
    return fmt::format("record {:#x}, word {}", code, word);
  }
  const bool stalled = expected.outcome == Outcome::stalled;
  if (stalled && (unit.records.front()[1] & 0xFFFF) != (unit.result.message_data & 0xFFFF)) return "STAG";
  return {};
}

std::string update_difference(const Answer& expected, const ImageMemory& memory) {
  std::map<std::uint64_t, std::uint64_t> wanted;
  for (const auto& update : expected.updates)
    wanted[update.address] = update.value;
  for (const auto& [address, value] : wanted) {
    if (expected.open_words.count(address) != 0) continue;
    const auto found = memory.word(address);
    if (!found || *found != value)
      return fmt::format("a descriptor lacks bits {:#x}, has {:#x} too many", value & ~found.value_or(0),
                         found.value_or(0) & ~value);
  }
  for (const auto& change : memory.written()) {
    const bool allowed = wanted.count(change.first) != 0 || expected.open_words.count(change.first) != 0;
    if (!allowed && change.first < ImageMemory::page_request_queue) return "a word was written that should not be";
  }
  return {};
}

}  // namespace

std::string difference(const Request& request, const Answer& expected, const UnitAnswer& unit,
                       const ImageMemory& memory) {
  const iommu::TranslationResult& result = unit.result;
  if (result.outcome != as_unit(expected.outcome))
    return fmt::format("outcome: expected {} ({:#x}), found {} ({:#x})", name(as_unit(expected.outcome)), expected.code,
                       name(result.outcome), result.fault_reason);
  const bool succeeds = result.outcome == iommu::Outcome::translated;
  if (!succeeds && result.fault_reason != expected.code)
    return differs("fault reason", expected.code, result.fault_reason);
  if (request.wants_translation() && result.status != expected.status)
    return fmt::format("completion: expected {}, found {}", to_string(expected.status), to_string(result.status));
  std::string found;
  if (expected.outcome == Outcome::passes) found = passage_difference(request, expected, result);
  if (expected.outcome == Outcome::completed) found = completion_difference(expected, result);
  if (!found.empty()) return found;
  const bool sized = succeeds && expected.page_bytes != 0 && (result.readable || result.writable);
  if (sized && result.page_size > expected.page_bytes)
    return differs("page size", expected.page_bytes, result.page_size);
  found = record_difference(expected, unit);
  return found.empty() ? update_difference(expected, memory) : found;
}

std::string describe(const Request& request) {
  return fmt::format("stream {:#x}{} {} {} {:#x}+{}{}{}{}", request.stream,
                     request.substream ? fmt::format(" substream {:#x}", *request.substream) : "",
                     to_string(request.address_type), to_string(request.operation), request.address, request.size,
                     request.privileged ? " Priv" : "", request.instruction ? " Exe" : "",
                     request.no_write ? " NW" : "");
}

std::string describe(const Answer& answer) {
  constexpr std::array<const char*, 5> outcomes{"passes", "aborted", "ignored", "stalled", "completed"};
  std::string text =
      fmt::format("{}, status {}, event {:#x}, address {:#x}, page {:#x}, R={:d} W={:d} Exe={:d}",
                  outcomes[static_cast<std::size_t>(answer.outcome)], to_string(answer.status), answer.code,
                  answer.address, answer.page_bytes, answer.readable, answer.writable, answer.executable);
  if (answer.record)
    text += fmt::format("; record {:#x} {:#x} {:#x} {:#x}", answer.record->words[0], answer.record->words[1],
                        answer.record->words[2], answer.record->words[3]);
  for (const auto& update : answer.updates)
    text += fmt::format("; sets {:#x} to {:#x}", update.address, update.value);
  for (const std::uint64_t open : answer.open_words)
    text += fmt::format("; leaves {:#x} open", open);
  return text;
}

}  // namespace iommusim::tests::smmu
