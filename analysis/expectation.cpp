// SPDX-License-Identifier: Apache-2.0
#include "analysis/expectation.h"

#include "analysis/expectation_lists.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace iommusim::analysis {
namespace {

using Json = nlohmann::json;

/// Times in results.json have this resolution.
constexpr double picosecond_in_ns = 0.001;

/// INTID and processor of a GIC's interrupts stand in the columns of vector and destination.
const Json& value_of(const Json& entry, const std::string& name) {
  if (entry.contains(name)) return entry.at(name);
  if (name == "vector") return entry.at("intid");
  if (name == "destination") return entry.at("processor");
  return entry.at("cause").at(name);
}

/// A column of an entry of results.json. Collisions keep their rule and place in `cause`.
std::string column_of(const Json& entry, const ExpectationColumn& column) {
  const std::string name{column.name};
  const Json& value = value_of(entry, name);
  return column.is_number ? std::to_string(value.get<std::uint64_t>()) : value.get<std::string>();
}

Counts counts_of(const Json& entries, const ExpectationList& list) {
  Counts counts;
  for (const Json& entry : entries) {
    std::vector<std::string> key;
    for (const ExpectationColumn& column : list.columns)
      key.push_back(column_of(entry, column));
    counts[key] += entry.at("count").get<std::uint64_t>();
  }
  return counts;
}

std::string path_of(const ExpectationList& list, const std::vector<std::string>& key) {
  std::string columns;
  for (std::size_t i = 0; i < key.size(); ++i)
    columns += fmt::format("{}{}={}", i == 0 ? "" : " ", list.columns[i].name, key[i]);
  return fmt::format("{}[{}].count", list.name, columns);
}

std::uint64_t count_in(const Counts& counts, const std::vector<std::string>& key) {
  const auto entry = counts.find(key);
  return entry == counts.end() ? 0 : entry->second;
}

/// Every key of both, once, in order.
std::set<std::vector<std::string>> keys_of(const Counts& one, const Counts& other) {
  std::set<std::vector<std::string>> keys;
  for (const Counts* counts : {&one, &other})
    for (const auto& entry : *counts)
      keys.insert(entry.first);
  return keys;
}

template <class PathOf>
void compare_counts(std::vector<Difference>& differences, const Counts& expected, const Counts& found,
                    const PathOf& path) {
  for (const auto& key : keys_of(expected, found)) {
    const std::uint64_t wanted = count_in(expected, key);
    const std::uint64_t seen = count_in(found, key);
    if (wanted != seen) differences.push_back({path(key), std::to_string(wanted), std::to_string(seen)});
  }
}

bool within(const ExpectedTime& expected, double found) {
  return std::abs(found - expected.value) <= expected.tolerance * expected.value + picosecond_in_ns / 2;
}

std::string to_string(const ExpectedTime& time) {
  return fmt::format("{} within {} %", time.value, time.tolerance * 100);
}

}  // namespace

Expectation expectation_of(const Json& results) {
  Expectation found;
  const Json& summary = results.at("summary");
  for (const auto& [kind, count] : summary.at("landed").items())
    found.landed[{kind}] = count.get<std::uint64_t>();
  for (const ExpectationList& list : expectation_lists())
    found.*list.counts = counts_of(results.at(std::string{list.name}), list);
  found.memory_digest = summary.at("memory_digest").get<std::string>();
  found.simulated = ExpectedTime{};
  found.simulated->value = summary.at("simulated_ns").get<double>();
  return found;
}

std::vector<Difference> compare(const Expectation& expected, const Expectation& found) {
  std::vector<Difference> differences;
  compare_counts(differences, expected.landed, found.landed,
                 [](const std::vector<std::string>& key) { return "landed." + key.front(); });
  for (const ExpectationList& list : expectation_lists())
    compare_counts(differences, expected.*list.counts, found.*list.counts,
                   [&list](const std::vector<std::string>& key) { return path_of(list, key); });
  if (expected.memory_digest && expected.memory_digest != found.memory_digest)
    differences.push_back({"memory_digest", *expected.memory_digest, found.memory_digest.value_or("nothing")});
  if (expected.simulated && (!found.simulated || !within(*expected.simulated, found.simulated->value)))
    differences.push_back({"simulated_ns", to_string(*expected.simulated),
                           found.simulated ? fmt::format("{}", found.simulated->value) : "nothing"});
  return differences;
}

Expectation update(const Expectation& old, const Expectation& found) {
  Expectation now = found;
  now.text = old.text;
  if (!old.simulated || !now.simulated) return now;
  now.simulated->tolerance = old.simulated->tolerance;
  if (within(*old.simulated, now.simulated->value)) now.simulated->value = old.simulated->value;
  return now;
}

std::vector<std::string> added_members(const Expectation& old, const Expectation& now) {
  std::vector<std::string> added;
  if (!old.memory_digest && now.memory_digest) added.push_back("memory_digest: " + *now.memory_digest);
  if (!old.simulated && now.simulated) added.push_back("simulated_ns: " + to_string(*now.simulated));
  return added;
}

}  // namespace iommusim::analysis
