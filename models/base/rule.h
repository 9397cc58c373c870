// SPDX-License-Identifier: Apache-2.0
// The name of a rule that decided something about an access.
#pragma once

#include <cstdint>
#include <string_view>

namespace iommusim {

/// What a rule decides by, for those who treat several rules alike.
enum class RuleTopic : std::uint8_t {
  other,
  /// Page tables gave the address, now or when a cache was filled.
  page_tables,
  /// Entries for interrupt requests gave the message or refused it.
  interrupt_remapping,
  /// The interrupt was taken down for a virtual processor.
  interrupt_posting,
};

/// A rule of hardware that can decide where an access goes. Every decision function returns the rule that
/// decided, by address: rules are constants with static storage, declared beside the code that applies them.
struct Rule {
  /// Stable, dotted, lower case: "acs.p2p-request-redirect". Appears in JSON and in expectations.
  std::string_view id;
  /// One clause that completes "because": shown to people.
  std::string_view text;
  /// Where the specification says so.
  std::string_view source;
  RuleTopic topic = RuleTopic::other;
};

/// A unit looked an interrupt request up in its table, whatever came of it.
constexpr bool is_interrupt_lookup(const Rule& rule) {
  return rule.topic == RuleTopic::interrupt_remapping || rule.topic == RuleTopic::interrupt_posting;
}

}  // namespace iommusim
