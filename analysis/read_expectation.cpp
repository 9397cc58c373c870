// SPDX-License-Identifier: Apache-2.0
// JSON is YAML, too, and the YAML reader knows where every value stands.
#include "analysis/collision.h"
#include "analysis/expectation.h"
#include "analysis/expectation_lists.h"
#include "base/landing.h"
#include "platforms/json_input.h"
#include "platforms/yaml_reader.h"

#include <cstdlib>

namespace iommusim::analysis {
namespace {

using platforms::Choice;
using platforms::Map;
using platforms::Value;

std::vector<Choice<std::size_t>> landing_words() {
  std::vector<Choice<std::size_t>> words;
  for (std::size_t i = 0; i < landing_kinds; ++i)
    words.push_back({to_string(static_cast<LandingKind>(i)), i});
  return words;
}

Counts read_landed(const Value& value) {
  if (!value.is_map()) value.reject("a map of landing kinds and counts");
  Counts counts;
  for (const platforms::YamlNode& child : value.node().children) {
    platforms::YamlNode key;
    key.kind = platforms::YamlNode::Kind::scalar;
    key.position = child.key_position;
    key.text = child.key;
    (void)Value{key, value.path()}.choice(landing_words());
    counts[{child.key}] = Value{child, value.path() + "." + child.key}.number({});
  }
  return counts;
}

std::string read_column(const Map& entry, const ExpectationColumn& column) {
  const Value value = entry.required(column.name, column.is_number ? "a number" : "text");
  if (column.is_number) return std::to_string(value.number({0, 0xFFFF'FFFF}));
  if (column.name == "kind" && !collision_kind(value.text())) value.reject("a kind of collision (docs/collisions.md)");
  if (value.text().empty()) value.reject("text that is not empty");
  return value.text();
}

Counts read_list(const Value& value, const ExpectationList& list) {
  Counts counts;
  for (const Value& item : value.items()) {
    const Map entry =
        list.columns.size() == 4
            ? Map{item,
                  {list.columns[0].name, list.columns[1].name, list.columns[2].name, list.columns[3].name, "count"}}
            : Map{item, {list.columns[0].name, list.columns[1].name, list.columns[2].name, "count"}};
    std::vector<std::string> key;
    for (const ExpectationColumn& column : list.columns)
      key.push_back(read_column(entry, column));
    const std::uint64_t count = entry.required("count", "how often it happens").number({1});
    if (!counts.emplace(key, count).second) item.fail("the same entry a second time", "one entry with the sum");
  }
  return counts;
}

double read_decimal(const Value& value, double most, const std::string& expected) {
  const std::string text = value.text();
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(number >= 0) || number > most) value.reject(expected);
  return number;
}

ExpectedTime read_time(const Value& value) {
  const Map map{value, {"value", "tolerance"}};
  constexpr double longest_ns = 1e18;
  return {read_decimal(map.required("value", "nanoseconds"), longest_ns, "nanoseconds, at least 0"),
          read_decimal(map.required("tolerance", "a fraction of value"), 1, "a fraction of value, 0 to 1")};
}

std::string read_digest(const Value& value) {
  std::string text = value.text();
  if (text.rfind("0x", 0) != 0 || !parse_unsigned(text)) value.reject("a digest such as \"0x1f2e\"");
  return text;
}

}  // namespace

Expectation read_expectation(const std::string& text, const std::string& file) {
  (void)platforms::parse_json(text, SourcePosition{file});
  const platforms::YamlNode root = platforms::parse_yaml(text, file);
  const Map map{Value{root, ""},
                {"schema", "text", "landed", "collisions", "faults", "interrupts", "memory_digest", "simulated_ns"}};
  (void)map.required("schema", "\"iommusim.expect/1\"").choice<bool>({{"iommusim.expect/1", true}});
  Expectation expectation;
  expectation.text = map.text("text");
  expectation.landed = read_landed(map.required("landed", "a map of landing kinds and counts"));
  for (const ExpectationList& list : expectation_lists())
    expectation.*list.counts = read_list(map.required(list.name, "a list"), list);
  if (const auto digest = map.optional("memory_digest")) expectation.memory_digest = read_digest(*digest);
  if (const auto time = map.optional("simulated_ns")) expectation.simulated = read_time(*time);
  return expectation;
}

}  // namespace iommusim::analysis
