// SPDX-License-Identifier: Apache-2.0
// What is advised about one access, for tests of remedies.
#pragma once

#include "analysis/judge.h"
#include "analysis/remedy.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace iommusim::test {

/// One access, judged, with what is advised.
struct Advice {
  analysis::AccessRecord record;
  std::optional<analysis::CollisionKind> kind;
  std::vector<analysis::Remedy> remedies;

  /// The text of the remedy; empty when it is not offered.
  std::string text(const std::string& action) const {
    for (const analysis::Remedy& remedy : remedies)
      if (remedy.action == action) return remedy.text;
    return {};
  }
  std::vector<std::string> actions() const {
    std::vector<std::string> names;
    for (const analysis::Remedy& remedy : remedies)
      names.push_back(remedy.action);
    return names;
  }
};

inline Advice advise(Booted& platform, const std::string& device, const Access& access,
                     analysis::AccessSource source = analysis::AccessSource::dma) {
  Advice advice;
  analysis::AccessRecord& record = advice.record;
  record.device = platform.node(device);
  record.access = access;
  if (access.requester == RequesterId{}) record.access.requester = platform.machine.topology()[record.device].requester;
  record.source = source;
  const analysis::IntentResolver intents{platform.machine, platform.system};
  record.intent = source == analysis::AccessSource::firmware ? intents.of_firmware(record.device, access.address)
                                                             : intents.of_dma(record.device, access.address);
  const platforms::Walk way = platforms::walk_as_sent(platform.machine, record.device, record.access, platform.fetches);
  record.landing = way.landing;
  record.path = way.path;
  advice.kind =
      analysis::Judge{platform.machine, platform.system}.verdict(record.device, access, record.intent, record.landing);
  REQUIRE(advice.kind.has_value());
  advice.remedies = find_remedies(platform.machine, platform.system, record, *advice.kind);
  return advice;
}

using Actions = std::vector<std::string>;

}  // namespace iommusim::test
