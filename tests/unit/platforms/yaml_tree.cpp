// SPDX-License-Identifier: Apache-2.0
// Oracle: YAML 1.2 read by a person; limits as the header states them.
#include "platforms/yaml_tree.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::platforms;
using Catch::Matchers::Contains;

TEST_CASE("Every key and value of a document knows its line and column", "[platforms]") {
  const YamlNode root = parse_yaml("a: 1\nlist:\n  - {b: \"two\"}\n  - x\n", "f.yaml");
  REQUIRE(root.kind == YamlNode::Kind::map);
  const YamlNode* a = root.find("a");
  REQUIRE(a != nullptr);
  CHECK(to_string(a->key_position) == "f.yaml:1:1");
  CHECK(to_string(a->position) == "f.yaml:1:4");
  const YamlNode* list = root.find("list");
  REQUIRE(list != nullptr);
  REQUIRE(list->children.size() == 2);
  const YamlNode* b = list->children[0].find("b");
  REQUIRE(b != nullptr);
  CHECK(b->text == "two");
  CHECK(to_string(b->position) == "f.yaml:3:9");
  CHECK(to_string(list->children[1].position) == "f.yaml:4:5");
  CHECK(root.find("c") == nullptr);
}

TEST_CASE("An absent value stands at its key", "[platforms]") {
  const YamlNode root = parse_yaml("first:\n\n\nsecond: 1\n", "f.yaml");
  CHECK(root.find("first")->kind == YamlNode::Kind::null);
  CHECK(to_string(root.find("first")->position) == "f.yaml:1:1");
}

TEST_CASE("An alias is a copy of what its anchor names", "[platforms]") {
  const YamlNode root = parse_yaml("a: &bars [1, 2]\nb: *bars\n", "f.yaml");
  REQUIRE(root.find("b")->children.size() == 2);
  CHECK(root.find("b")->children[1].text == "2");
}

TEST_CASE("A key twice in one map is an error at the second", "[platforms]") {
  CHECK_THROWS_WITH(parse_yaml("a: 1\nb: 2\na: 3\n", "f.yaml"),
                    "f.yaml:3:1: a: found the key a second time (first on line 1), expected it once");
}

TEST_CASE("A second document is an error", "[platforms]") {
  CHECK_THROWS_WITH(parse_yaml("a: 1\n---\nb: 2\n", "f.yaml"), "f.yaml:3:1: found a second document, expected one");
}

TEST_CASE("A key must be a word", "[platforms]") {
  CHECK_THROWS_WITH(parse_yaml("{[a]: 1}", "f.yaml"), Contains("f.yaml:1:2: found a key that is no word"));
}

TEST_CASE("Nesting ends at the limit and not with the stack", "[platforms]") {
  const std::string deep(100'000, '[');
  CHECK_THROWS_WITH(parse_yaml(deep, "f.yaml"), Contains("found more than 200 levels of nesting"));
}

TEST_CASE("Aliases of aliases do not fill the memory", "[platforms]") {
  std::string bomb = "k0: &k0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level <= 20; ++level) {
    const std::string below = "*k" + std::to_string(level - 1);
    bomb += "k" + std::to_string(level) + ": &k" + std::to_string(level) + " [" + below;
    for (int copy = 1; copy < 10; ++copy)
      bomb += ", " + below;
    bomb += "]\n";
  }
  CHECK_THROWS_WITH(parse_yaml(bomb, "f.yaml"), Contains("found more than 200000 values (aliases written out)"));
}

TEST_CASE("Many aliases of one long text do not fill the memory", "[platforms]") {
  std::string bomb = "- &long " + std::string(1'000'000, 'x') + "\n";
  for (int copy = 0; copy < 20; ++copy)
    bomb += "- *long\n";
  CHECK_THROWS_WITH(parse_yaml(bomb, "f.yaml"), Contains("found more than 200000 values"));
}

TEST_CASE("An alias inside its own anchor is an error", "[platforms]") {
  CHECK_THROWS_WITH(parse_yaml("a: &a [*a]\n", "f.yaml"), Contains("f.yaml:1:8: found an alias inside"));
}

TEST_CASE("A document above 4 MiB is refused", "[platforms]") {
  CHECK_THROWS_WITH(parse_yaml(std::string((4U << 20) + 1, '\n'), "f.yaml"), Contains("found more than 4 MiB"));
  CHECK_NOTHROW(parse_yaml(std::string(4U << 20, '\n'), "f.yaml"));
}

TEST_CASE("A map with very many keys is refused", "[platforms]") {
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "k" + std::to_string(i) + ": 1\n";
  CHECK_THROWS_WITH(parse_yaml(many, "f.yaml"), "f.yaml:257:1: found more than 256 keys in a map, expected fewer");
}
