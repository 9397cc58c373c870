// SPDX-License-Identifier: Apache-2.0
// Page request groups of a function. Oracle: PCIe base specification, 10.4: an index names one group until it is
// answered, and software bounds how many may wait.
#include "iommu/page_requester.h"

#include <catch2/catch.hpp>

#include <set>

using namespace iommusim;
using namespace iommusim::iommu;

namespace {

PageGroupResponse response(std::uint16_t group, PageResponse code) {
  return {RequesterId{}, std::nullopt, group, code};
}

}  // namespace

TEST_CASE("No more groups wait than software allows", "[iommu][pri]") {
  PageRequester requester;
  CHECK_FALSE(requester.begin(0));
  REQUIRE(requester.begin(2));
  REQUIRE(requester.begin(2));
  CHECK_FALSE(requester.begin(2));
}

TEST_CASE("Groups that wait have different indices of nine bits", "[iommu][pri]") {
  PageRequester requester;
  std::set<std::uint16_t> indices;
  while (const auto group = requester.begin(~0U))
    indices.insert(*group);
  CHECK(indices.size() == 512);
  CHECK(*indices.rbegin() == 511);
}

TEST_CASE("A response is taken once and frees its index", "[iommu][pri]") {
  PageRequester requester;
  const auto group = requester.begin(1);
  REQUIRE(group);
  CHECK_FALSE(requester.take(*group));
  CHECK(requester.respond(response(*group, PageResponse::invalid_request)));
  CHECK(requester.take(*group) == PageResponse::invalid_request);
  CHECK_FALSE(requester.take(*group));
  CHECK(requester.begin(1));
}

TEST_CASE("A response to a group that was given up frees its index, and not before", "[iommu][pri]") {
  PageRequester requester;
  const auto group = requester.begin(1);
  REQUIRE(group);
  requester.give_up(*group);
  CHECK_FALSE(requester.begin(1));
  CHECK(requester.respond(response(*group, PageResponse::success)));
  CHECK_FALSE(requester.take(*group));
  CHECK(requester.begin(1));
}

TEST_CASE("A response that nobody waits for is unexpected", "[iommu][pri]") {
  PageRequester requester;
  const auto group = requester.begin(1);
  CHECK_FALSE(requester.respond(response(static_cast<std::uint16_t>(*group + 1), PageResponse::success)));
  CHECK(requester.respond(response(*group, PageResponse::success)));
  CHECK_FALSE(requester.respond(response(*group, PageResponse::success)));
}
