// SPDX-License-Identifier: Apache-2.0
// Flow-control credits that a receiver advertises (PCIe base specification, 2.6.1).
#pragma once

#include "pcie/pci_express_capability.h"

#include <cstdint>
#include <optional>

namespace iommusim::pcie {

/// One data credit.
constexpr unsigned bytes_per_data_credit = 16;

constexpr unsigned data_credits(unsigned payload_bytes) {
  return (payload_bytes + bytes_per_data_credit - 1) / bytes_per_data_credit;
}

/// nullopt: infinite.
struct CreditPool {
  std::optional<unsigned> header;
  std::optional<unsigned> data;
};

struct AdvertisedCredits {
  CreditPool posted;
  CreditPool non_posted;
  CreditPool completion;
};

/// Who asks for something has room for the answer, so its completion credits are infinite. A port that passes the
/// completions of others on cannot know: a switch, a bridge, and a root port that forwards between peers.
constexpr bool has_finite_completion_credits(PortType type, bool forwards_peers) {
  if (type == PortType::root_port) return forwards_peers;
  return is_port(type);
}

/// The smallest advertisement that the specification allows. `max_payload`: bytes.
constexpr AdvertisedCredits minimum_credits(PortType type, bool forwards_peers, unsigned max_payload) {
  const CreditPool one_packet{1, data_credits(max_payload)};
  const bool finite = has_finite_completion_credits(type, forwards_peers);
  return {one_packet, {1, 1}, finite ? one_packet : CreditPool{}};
}

/// What a sender has used of a pool.
class CreditCounter {
 public:
  constexpr explicit CreditCounter(const CreditPool& advertised) : advertised_{advertised} {}

  constexpr bool is_infinite() const { return !advertised_.header && !advertised_.data; }
  constexpr bool can_send(unsigned payload_bytes) const {
    const bool header = !advertised_.header || headers_ < *advertised_.header;
    const bool data = !advertised_.data || data_ + data_credits(payload_bytes) <= *advertised_.data;
    return header && data;
  }
  /// Takes the credits of a TLP for which can_send() is true.
  constexpr void send(unsigned payload_bytes) {
    ++headers_;
    data_ += data_credits(payload_bytes);
  }
  /// The receiver has passed such a TLP on.
  constexpr void release(unsigned payload_bytes) {
    --headers_;
    data_ -= data_credits(payload_bytes);
  }
  /// Nothing is taken.
  constexpr bool is_idle() const { return headers_ == 0 && data_ == 0; }

 private:
  CreditPool advertised_;
  unsigned headers_ = 0;
  unsigned data_ = 0;
};

}  // namespace iommusim::pcie
