// SPDX-License-Identifier: Apache-2.0
// What a scenario is expected to give: traces/*.expect.json, schema iommusim.expect/1. docs/regress.md explains each
// member. Reading, comparing and writing know no simulator: what was found comes as results.json.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::analysis {

/// How often something happened, by its columns: expectations care for neither order, page nor time.
using Counts = std::map<std::vector<std::string>, std::uint64_t>;

/// Simulated time in nanoseconds. `tolerance` is a fraction of `value`: 0 to 1.
struct ExpectedTime {
  double value = 0;
  double tolerance = 0.01;
};

struct Expectation {
  /// Why the rules give this, for people.
  std::string text;
  /// Landing kind: accesses. Kinds that are not listed are expected to be 0.
  Counts landed;
  /// kind, device, rule, where.
  Counts collisions;
  /// device, iommu, reason.
  Counts faults;
  /// device, vector, destination.
  Counts interrupts;
  /// nullopt: not compared.
  std::optional<std::string> memory_digest;
  std::optional<ExpectedTime> simulated;
};

/// One member that is not as expected.
struct Difference {
  /// "landed.memory", "faults[device=nic0 iommu=dmar0 reason=0x29].count".
  std::string path;
  std::string expected;
  std::string found;
};

/// Reads the text of an expectation; `file` stands in messages. Throws InputError at the value that is wrong.
Expectation read_expectation(const std::string& text, const std::string& file);

/// What a run found, in the same form. `results` is results.json. Throws nlohmann::json::exception when it is not.
Expectation expectation_of(const nlohmann::json& results);

/// In the order of the members. Empty: `found` is as expected.
std::vector<Difference> compare(const Expectation& expected, const Expectation& found);

/// `found`, with the text and the tolerance of `old`, and with its time when that is still within the tolerance.
Expectation update(const Expectation& old, const Expectation& found);
/// Members that `now` has and `old` does not.
std::vector<std::string> added_members(const Expectation& old, const Expectation& now);

/// The text of a file: members in the order of the schema, entries sorted, one a line.
std::string to_text(const Expectation& expectation);

}  // namespace iommusim::analysis
