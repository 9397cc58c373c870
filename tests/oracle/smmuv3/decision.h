// SPDX-License-Identifier: Apache-2.0
// One request on its way through the checks (SMMUv3 architecture, 3.3.2, 7.3.22). Each member function is one step of
// the specification's order and hands over to the next.
#pragma once

#include "oracle/smmuv3/context_entry.h"
#include "oracle/smmuv3/effects.h"
#include "oracle/smmuv3/fault.h"
#include "oracle/smmuv3/stage_1.h"
#include "oracle/smmuv3/stage_2.h"
#include "oracle/smmuv3/stream_entry.h"

#include <optional>

namespace iommusim::oracle::smmuv3 {

class Decision {
 public:
  Decision(const Facts& facts, const Memory& memory, const Request& request)
      : facts_{facts}, request_{request}, memory_{memory} {}

  /// Once.
  Answer run();

 private:
  /// How stage 1 is used.
  enum class Stage1Use : std::uint8_t { none, skipped, translates };

  /// decision.cpp
  Answer disabled();
  Answer locate_stream();
  Answer with_stream();
  Answer untranslated(const StreamEntry& stream);
  Answer bypassed(const StreamEntry& stream, unsigned address_bits);
  Answer through_stage_2(const StreamEntry& stream, std::uint64_t ipa, const Result* stage_1);
  Answer through_stage_1(const StreamEntry& stream, const ContextEntry& context);
  Access access() const;

  /// context_lookup.cpp: the fault, or nothing.
  std::optional<Fault> check_substream(const StreamEntry& stream);
  std::optional<Fault> find_context(const StreamEntry& stream);
  std::optional<Fault> level_1_context(const StreamEntry& stream, std::uint64_t& pointer);
  Result locate_structure(const StreamEntry& stream, std::uint64_t address);
  std::uint32_t context_index() const { return request_.substream.value_or(0); }

  /// translated.cpp
  Answer translated();
  Answer translated_checked(const StreamEntry& stream);

  /// translation_request.cpp
  Answer translation_request(const StreamEntry& stream);
  Answer request_through_stage_1(const StreamEntry& stream, const ContextEntry& context);
  Answer request_through_stage_2(const StreamEntry& stream, std::uint64_t ipa);
  Answer identity(std::uint64_t page_bytes);
  Answer combined(const StreamEntry& stream, Stage1& stage_1, const Leaf& first);
  Answer refused_request(const Fault& fault);
  Answer completed(const StreamEntry& stream, const Rights& rights, std::uint64_t address, std::uint64_t page_bytes);
  Answer without_rights();
  Answer refused_rights(const Leaf& leaf, const Rights& rights);
  bool grants_something(const StreamEntry& stream, const Rights& rights) const;

  /// outcomes.cpp
  Answer passes(std::uint64_t address, std::uint64_t page_bytes, const Rights& rights);
  Answer silent() const;
  /// A, R and S of where the fault comes from.
  struct Response {
    bool aborts = true;
    bool records = true;
    bool stalls = false;
  };
  Answer faulted(const Fault& fault, const Response& response = {true, true, false}) const;
  Answer faulted(const Fault& fault, const StreamEntry& stream, const ContextEntry* context) const;
  Answer with_effects(Answer answer) const;
  static Fault fault_of(std::uint8_t code);
  void in_doubt(Dispute dispute) {
    if (dispute_ == Dispute::none) dispute_ = dispute;
  }

  const Facts& facts_;
  const Request& request_;
  Effects memory_;
  std::optional<Structure> ste_;
  std::optional<Structure> cd_;
  Stage1Use stage_1_use_ = Stage1Use::none;
  bool privileged_ = false;
  bool instruction_ = false;
  Dispute dispute_ = Dispute::none;
};

}  // namespace iommusim::oracle::smmuv3
