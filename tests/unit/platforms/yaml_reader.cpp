// SPDX-License-Identifier: Apache-2.0
// Oracle: the value that was written, by hand.
#include "platforms/yaml_reader.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

YamlNode scalar(const std::string& text) {
  return parse_yaml("\"" + text + "\"", "f.yaml");
}

}  // namespace

TEST_CASE("Scalars are read as numbers, sizes, addresses and durations", "[platforms]") {
  CHECK(Value{scalar("0x41"), "v"}.number({0, 255}) == 0x41);
  CHECK(Value{scalar("8 GiB"), "v"}.size() == std::uint64_t{8} << 30);
  CHECK(Value{scalar("0xfed9_0000"), "v"}.address() == 0xFED9'0000);
  CHECK(Value{scalar("0"), "v"}.address() == 0);
  CHECK(Value{scalar("1.5us"), "v"}.duration() == Duration::nanoseconds(1500));
  CHECK(Value{scalar("true"), "v"}.boolean());
}

TEST_CASE("A number outside its bounds is refused with the bounds", "[platforms]") {
  const YamlNode node = scalar("16");
  CHECK(Value{node, "v"}.number({16, 16}) == 16);
  CHECK_THROWS_WITH((Value{node, "v"}.number({0, 15})), "f.yaml:1:1: v: found '16', expected a number from 0 to 15");
  CHECK_THROWS_WITH((Value{node, "v"}.number({17, 20})), "f.yaml:1:1: v: found '16', expected a number from 17 to 20");
}

TEST_CASE("Zero bytes are no size", "[platforms]") {
  const YamlNode node = scalar("0");
  CHECK_THROWS_AS((Value{node, "v"}.size()), InputError);
}

TEST_CASE("A long text is cut in a message", "[platforms]") {
  const YamlNode node = scalar(std::string(100, 'x'));
  CHECK_THROWS_WITH((Value{node, "v"}.boolean()),
                    "f.yaml:1:1: v: found '" + std::string(60, 'x') + "…', expected true or false");
}

TEST_CASE("Items of a list go by name, or by index without one", "[platforms]") {
  const YamlNode root = parse_yaml("[{name: a}, {b: 1}]", "f.yaml");
  const std::vector<Value> items = Value{root, "list"}.items();
  REQUIRE(items.size() == 2);
  CHECK(items[0].path() == "list.a");
  CHECK(items[1].path() == "list.1");
}
