// SPDX-License-Identifier: Apache-2.0
// The name of a rule that decided something about an access.
#pragma once

#include <string_view>

namespace iommusim {

/// A rule of hardware that can decide where an access goes. Every decision function returns the rule that
/// decided, by address: rules are constants with static storage, declared beside the code that applies them.
struct Rule {
  /// Stable, dotted, lower case: "acs.p2p-request-redirect". Appears in JSON and in expectations.
  std::string_view id;
  /// One clause that completes "because": shown to people.
  std::string_view text;
  /// Where the specification says so.
  std::string_view source;
};

}  // namespace iommusim
