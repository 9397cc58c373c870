// SPDX-License-Identifier: Apache-2.0
// Oracle: places that are taken and come free.
#include "timing/slots.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using timing::LineBuffer;
using timing::Slots;

namespace {

constexpr Duration ns(std::uint64_t value) {
  return Duration::nanoseconds(value);
}

}  // namespace

TEST_CASE("The slot that comes free first is taken first", "[timing]") {
  Slots slots{2};
  slots.take(ns(30));
  CHECK(slots.earliest() == Duration{});
  slots.take(ns(10));
  CHECK(slots.earliest() == ns(10));
  slots.take(ns(50));
  CHECK(slots.earliest() == ns(30));
}

TEST_CASE("Lines come free in the order in which they were taken", "[timing]") {
  LineBuffer buffer{4};
  buffer.take(3, ns(10));
  CHECK(buffer.earliest(1) == Duration{});
  CHECK(buffer.earliest(2) == ns(10));
  buffer.take(1, ns(20));
  buffer.take(3, ns(30));
  CHECK(buffer.earliest(1) == ns(20));
  CHECK(buffer.earliest(2) == ns(30));
}

TEST_CASE("More lines than there are count as all of them", "[timing]") {
  LineBuffer buffer{2};
  buffer.take(100, ns(10));
  CHECK(buffer.earliest(100) == ns(10));
}
