// SPDX-License-Identifier: Apache-2.0
// One request on its way through the checks. Each member function is one step of the specification's order and hands
// over to the next.
#pragma once

#include "oracle/tables.h"
#include "oracle/vtd/answer.h"
#include "oracle/vtd/facts.h"
#include "oracle/vtd/first_stage.h"
#include "oracle/vtd/second_stage.h"
#include "oracle/vtd/walk.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace iommusim::oracle::vtd {

class Decision {
 public:
  Decision(const Facts& facts, const Memory& memory, const Request& request)
      : facts_{facts}, request_{request}, tables_{memory} {}

  /// Once.
  Answer run();

 private:
  /// decision.cpp: in front of the tables.
  bool without_pasid() const { return !request_.pasid || !facts_.translation_enabled(); }
  Answer interrupt_range();
  Answer translation_disabled() const;
  Answer table_mode();
  bool in_protected_region() const;

  /// interrupt_remapping.cpp
  Answer interrupt_request();
  Answer remappable_interrupt();
  Answer interrupt_entry(std::uint64_t index);
  Answer posted_interrupt(const std::array<std::uint64_t, 2>& entry, std::uint64_t index);
  Answer interrupt_fault(std::uint8_t reason, std::uint64_t index) const;
  bool source_is_valid(const std::array<std::uint64_t, 2>& entry);
  bool interrupt_entry_is_reserved(const std::array<std::uint64_t, 2>& entry) const;
  Message message_to(std::uint64_t destination, std::uint64_t flags, std::uint64_t data) const;

  /// legacy_mode.cpp
  Answer legacy_root();
  Answer legacy_context(std::uint64_t context_table);
  Answer legacy_gate(std::uint64_t low, std::uint64_t high);

  /// scalable_mode.cpp
  Answer scalable_root();
  Answer scalable_context(std::uint64_t context_table);
  bool context_is_reserved(const std::array<std::uint64_t, 4>& context) const;
  Answer scalable_gate(const std::array<std::uint64_t, 4>& context);
  Answer pasid_directory(std::uint64_t directory, std::uint32_t pasid);
  Answer pasid_entry(std::uint64_t table, std::uint32_t pasid);
  Answer pasid_reserved(const std::array<std::uint64_t, 8>& entry);
  Answer pasid_programming(const std::array<std::uint64_t, 8>& entry);
  Answer pasid_permission(const std::array<std::uint64_t, 8>& entry);
  Answer scalable_walk(const std::array<std::uint64_t, 8>& entry);
  SecondStage second_stage(const std::array<std::uint64_t, 8>& entry) const;
  FirstStage first_stage(const std::array<std::uint64_t, 8>& entry) const;
  Walk walk(const std::array<std::uint64_t, 8>& entry, bool executes);

  /// decision.cpp: after the tables.
  Answer pass_through();
  Answer translated();
  bool asks_for_interrupt_range() const {
    return request_.wants_translation() && !request_.pasid && is_in_interrupt_range(request_.address);
  }
  Answer interrupt_range_translation() const;
  Answer end_of_walk(const Walk& walk);

  Use use() const;
  template <std::size_t words>
  std::optional<std::array<std::uint64_t, words>> read(std::uint64_t where) const;

  Answer passes(std::uint64_t address) const;
  Answer silent() const;
  /// FPD of an entry read so far keeps a qualified fault out of the record.
  Answer fault(std::uint8_t reason) const;
  Record record_of(std::uint8_t reason) const;
  void in_doubt(Dispute dispute) {
    if (dispute_ == Dispute::none) dispute_ = dispute;
  }

  const Facts& facts_;
  const Request& request_;
  Tables tables_;
  /// Of every entry read so far.
  bool fault_processing_disabled_ = false;
  /// RID_PRIV or PR.
  bool supervisor_ = false;
  Dispute dispute_ = Dispute::none;
};

template <std::size_t words>
std::optional<std::array<std::uint64_t, words>> Decision::read(std::uint64_t where) const {
  std::array<std::uint64_t, words> result{};
  for (std::size_t i = 0; i < words; ++i) {
    const auto word = tables_.read(where + 8 * i);
    if (!word) return std::nullopt;
    result[i] = *word;
  }
  return result;
}

}  // namespace iommusim::oracle::vtd
