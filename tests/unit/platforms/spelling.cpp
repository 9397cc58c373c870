// SPDX-License-Identifier: Apache-2.0
// Oracle: edit distances counted by hand.
#include "platforms/spelling.h"

#include <catch2/catch.hpp>

using namespace iommusim::platforms;

TEST_CASE("The closest word is the one with the fewest edits", "[platforms]") {
  const std::vector<std::string_view> words{"name", "base", "size", "bus_master"};
  REQUIRE(closest_word("siz", words) != nullptr);
  CHECK(*closest_word("siz", words) == "size");
  CHECK(*closest_word("naem", words) == "name");
  CHECK(*closest_word("Bus-Master", words) == "bus_master");
  CHECK(closest_word("colour", words) == nullptr);
  CHECK(closest_word("", {}) == nullptr);
  CHECK(closest_word(std::string(1000, 's'), words) == nullptr);
}

TEST_CASE("Words are listed with 'or' before the last", "[platforms]") {
  CHECK(list_words({"a"}) == "a");
  CHECK(list_words({"a", "b"}) == "a or b");
  CHECK(list_words({"a", "b", "c"}) == "a, b or c");
}
