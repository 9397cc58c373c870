// SPDX-License-Identifier: Apache-2.0
// One request of a DMA whose way is decided, as the clocks see it.
#pragma once

#include "base/access.h"
#include "pcie/completion_split.h"
#include "pcie/link_timing.h"
#include "timing/journey.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace iommusim::timing {

constexpr std::uint32_t line_bytes = 64;

constexpr std::size_t lines_of(std::uint64_t bytes) {
  return bytes == 0 ? 1 : static_cast<std::size_t>((bytes + line_bytes - 1) / line_bytes);
}

struct Tlp {
  Operation operation = Operation::read;
  bool relaxed_ordering = false;
  /// What follows of the same operation waits for its answer: a translation request.
  bool gates = false;
  bool id_based_ordering = false;
  std::uint8_t traffic_class = 0;
  /// Non-posted: no completion will ever come.
  bool times_out = false;
  RequesterId requester;
  std::uint64_t address = 0;
  /// Payload of the request, or bytes that it asks for.
  std::uint32_t size = 0;
  /// On the wire, of the request.
  std::uint32_t wire_bytes = 0;
  /// Of each completion, at most.
  std::uint32_t max_payload = 128;
  Journey journey;

  /// Expects a completion.
  bool is_answered() const { return operation != Operation::write; }
  std::size_t lines() const { return lines_of(size); }
  /// The completions that answer it, as all of its data are there at once.
  pcie::CompletionSplit completions() const {
    return {BusAddr{address}, operation == Operation::read ? size : 0, {max_payload, line_bytes}};
  }

  /// Becomes `access`, which went by `way`. `max_completion`: Max_Payload_Size where completions are cut.
  void set(const Access& access, const Journey& way, std::uint32_t max_completion) {
    gates = times_out = false;
    operation = access.operation;
    relaxed_ordering = access.relaxed_ordering;
    id_based_ordering = access.id_based_ordering;
    traffic_class = access.traffic_class;
    requester = access.requester;
    address = access.address.value();
    size = access.size;
    wire_bytes = static_cast<std::uint32_t>(pcie::request_bytes(access));
    max_payload = max_completion;
    times_out = false;
    journey = way;
  }
};

/// The requests of one operation; refers to them.
class TlpList {
 public:
  TlpList(const Tlp* first, std::size_t count) : first_{first}, count_{count} {}
  // NOLINTNEXTLINE(google-explicit-constructor): a vector is such a list.
  TlpList(const std::vector<Tlp>& tlps) : TlpList{tlps.data(), tlps.size()} {}

  std::size_t size() const { return count_; }
  const Tlp& operator[](std::size_t i) const { return first_[i]; }
  const Tlp* begin() const { return first_; }
  const Tlp* end() const { return first_ + count_; }

 private:
  const Tlp* first_;
  std::size_t count_;
};

}  // namespace iommusim::timing
