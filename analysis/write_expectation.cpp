// SPDX-License-Identifier: Apache-2.0
// The layout in which people write expectations, too: one entry a line.
#include "analysis/expectation.h"
#include "analysis/expectation_lists.h"

#include <fmt/format.h>

namespace iommusim::analysis {
namespace {

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump();
}

std::string landed_text(const Counts& landed) {
  std::string text;
  for (const auto& [kind, count] : landed)
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", json_string(kind.front()), count);
  return "{" + text + "}";
}

std::string entry_text(const ExpectationList& list, const std::vector<std::string>& key, std::uint64_t count) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i)
    text += fmt::format("{}: {}, ", json_string(list.columns[i].name),
                        list.columns[i].is_number ? key[i] : json_string(key[i]));
  return fmt::format("{{{}\"count\": {}}}", text, count);
}

std::string list_text(const ExpectationList& list, const Counts& counts) {
  if (counts.empty()) return "[]";
  std::string text;
  for (const auto& [key, count] : counts)
    text += (text.empty() ? "\n    " : ",\n    ") + entry_text(list, key, count);
  return "[" + text + "\n  ]";
}

}  // namespace

std::string to_text(const Expectation& expectation) {
  std::string text = "{\n  \"schema\": \"iommusim.expect/1\"";
  const auto add = [&text](std::string_view name, const std::string& value) {
    text += fmt::format(",\n  {}: {}", json_string(name), value);
  };
  if (!expectation.text.empty()) add("text", json_string(expectation.text));
  add("landed", landed_text(expectation.landed));
  for (const ExpectationList& list : expectation_lists())
    add(list.name, list_text(list, expectation.*list.counts));
  if (expectation.memory_digest) add("memory_digest", json_string(*expectation.memory_digest));
  if (const auto& time = expectation.simulated)
    add("simulated_ns", fmt::format(R"({{"value": {}, "tolerance": {}}})", time->value, time->tolerance));
  return text + "\n}\n";
}

}  // namespace iommusim::analysis
