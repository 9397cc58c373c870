// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/regress.md; positions and sums counted by hand in the texts below.
#include "analysis/expectation.h"

#include "base/input_error.h"
#include "support/error_text.h"

#include <catch2/catch.hpp>

#include <string>

using namespace iommusim;
using namespace iommusim::analysis;

namespace {

const std::string stored = R"({
  "schema": "iommusim.expect/1",
  "text": "by ACS-005",
  "landed": {"memory": 3, "peer": 2},
  "collisions": [
    {"kind": "peer-hijack", "device": "nic0", "rule": "switch.direct-peer", "where": "dp0", "count": 2}
  ],
  "faults": [],
  "interrupts": [
    {"device": "nic0", "vector": 65, "destination": 2, "count": 1}
  ],
  "memory_digest": "0x1f",
  "simulated_ns": {"value": 1000, "tolerance": 0.1}
}
)";

/// As iommusim run writes it, without what nobody compares. The collision is on two pages.
nlohmann::json results() {
  return nlohmann::json::parse(R"({
    "summary": {"landed": {"memory": 3, "peer": 2}, "memory_digest": "0x1f", "simulated_ns": 1000.0},
    "collisions": [
      {"kind": "peer-hijack", "device": "nic0", "cause": {"rule": "switch.direct-peer", "where": "dp0"}, "count": 1},
      {"kind": "peer-hijack", "device": "nic0", "cause": {"rule": "switch.direct-peer", "where": "dp0"}, "count": 1}
    ],
    "faults": [],
    "interrupts": [{"device": "nic0", "vector": 65, "destination": 2, "count": 1, "time_ns": 5}]
  })");
}

std::vector<Difference> differences(const nlohmann::json& found) {
  return compare(read_expectation(stored, "x.json"), expectation_of(found));
}

void check_only(const nlohmann::json& found, const std::string& path, const std::string& expected,
                const std::string& seen) {
  const std::vector<Difference> all = differences(found);
  REQUIRE(all.size() == 1);
  CHECK(all.front().path == path);
  CHECK(all.front().expected == expected);
  CHECK(all.front().found == seen);
}

std::string replaced(const std::string& from, const std::string& to) {
  std::string text = stored;
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// The message of reading a damaged expectation.
std::string refusal(const std::string& text) {
  return support::error_text([&text] { (void)read_expectation(text, "x.json"); });
}

}  // namespace

TEST_CASE("Results that are as expected have no difference, on whatever pages a collision was", "[regress]") {
  CHECK(differences(results()).empty());
}

TEST_CASE("Each member that differs is named with what was expected and found", "[regress]") {
  nlohmann::json found = results();
  SECTION("a landing") {
    found["summary"]["landed"]["peer"] = 1;
    check_only(found, "landed.peer", "2", "1");
  }
  SECTION("a landing of a kind that was not expected") {
    found["summary"]["landed"]["rejected"] = 7;
    check_only(found, "landed.rejected", "0", "7");
  }
  SECTION("a collision") {
    found["collisions"].erase(1);
    check_only(found, "collisions[kind=peer-hijack device=nic0 rule=switch.direct-peer where=dp0].count", "2", "1");
  }
  SECTION("a fault that was not expected") {
    found["faults"].push_back({{"device", "nic0"}, {"iommu", "dmar0"}, {"reason", "0x6"}, {"count", 4}});
    check_only(found, "faults[device=nic0 iommu=dmar0 reason=0x6].count", "0", "4");
  }
  SECTION("an interrupt that did not come") {
    found["interrupts"].clear();
    check_only(found, "interrupts[device=nic0 vector=65 destination=2].count", "1", "0");
  }
  SECTION("memory") {
    found["summary"]["memory_digest"] = "0x20";
    check_only(found, "memory_digest", "0x1f", "0x20");
  }
}

TEST_CASE("A collision by another rule is two differences: one is missing, one is new", "[regress]") {
  nlohmann::json found = results();
  for (nlohmann::json& collision : found["collisions"])
    collision["cause"]["rule"] = "acs.p2p-egress-direct";
  CHECK(differences(found).size() == 2);
}

TEST_CASE("Time is compared within its tolerance", "[regress]") {
  nlohmann::json found = results();
  for (const double good : {900.0, 1000.0, 1100.0}) {
    found["summary"]["simulated_ns"] = good;
    CHECK(differences(found).empty());
  }
  found["summary"]["simulated_ns"] = 1101;
  check_only(found, "simulated_ns", "1000 within 10 %", "1101");
  found["summary"]["simulated_ns"] = 899;
  CHECK(differences(found).size() == 1);
}

TEST_CASE("Members that an expectation does not state are not compared", "[regress]") {
  const std::string end = replaced(
      ",\n  \"memory_digest\": \"0x1f\",\n  \"simulated_ns\": "
      "{\"value\": 1000, \"tolerance\": 0.1}",
      "");
  nlohmann::json found = results();
  found["summary"]["memory_digest"] = "0x77";
  found["summary"]["simulated_ns"] = 5;
  CHECK(compare(read_expectation(end, "x.json"), expectation_of(found)).empty());
}

TEST_CASE("What is written is read again, and equal expectations are equal texts", "[regress]") {
  CHECK(to_text(read_expectation(stored, "x.json")) == stored);
}

TEST_CASE("An update keeps the text, the tolerance and a time that is still good", "[regress]") {
  const Expectation old = read_expectation(stored, "x.json");
  nlohmann::json found = results();
  found["summary"]["simulated_ns"] = 1050;
  CHECK(to_text(update(old, expectation_of(found))) == stored);
  found["summary"]["simulated_ns"] = 2000;
  const Expectation moved = update(old, expectation_of(found));
  REQUIRE(moved.simulated);
  CHECK(moved.simulated->value == Approx(2000));
  CHECK(moved.simulated->tolerance == Approx(0.1));
  CHECK(moved.text == "by ACS-005");
}

TEST_CASE("An update names the members that it adds", "[regress]") {
  const Expectation now = expectation_of(results());
  const std::vector<std::string> added = added_members(Expectation{}, now);
  REQUIRE(added.size() == 2);
  CHECK(added[0] == "memory_digest: 0x1f");
  CHECK(added[1] == "simulated_ns: 1000 within 1 %");
  CHECK(added_members(now, now).empty());
}

TEST_CASE("A damaged expectation is refused at the value that is wrong", "[regress]") {
  using Catch::Matchers::StartsWith;
  CHECK_THAT(refusal(replaced("iommusim.expect/1", "iommusim.expect/2")), StartsWith("x.json:2:13: schema: "));
  CHECK_THAT(refusal(replaced("\"peer\": 2", "\"peers\": 2")), StartsWith("x.json:4:27: landed: "));
  CHECK_THAT(refusal(replaced("\"memory\": 3", "\"memory\": -3")), StartsWith("x.json:4:24: landed.memory: "));
  CHECK_THAT(refusal(replaced("peer-hijack", "peer-pressure")), StartsWith("x.json:6:14: collisions.0.kind: "));
  CHECK_THAT(refusal(replaced("\"faults\": [],\n", "")), StartsWith("x.json:1:1: faults: "));
  CHECK_THAT(refusal(replaced("\"vector\": 65, ", "")), StartsWith("x.json:10:5: interrupts.0.vector: "));
  CHECK_THAT(refusal(replaced("0.1}", "1.5}")), StartsWith("x.json:13:48: simulated_ns.tolerance: "));
  CHECK_THAT(refusal(replaced("\"0x1f\"", "\"many\"")), StartsWith("x.json:12:20: memory_digest: "));
  CHECK_THAT(refusal(replaced("\"faults\": []", "\"faults\": [")), StartsWith("x.json:8:"));
  CHECK_THAT(refusal(replaced("\"faults\": []", "\"faults\": [], \"colour\": 1")), StartsWith("x.json:8:17: colour: "));
}

TEST_CASE("An entry that is listed twice is refused", "[regress]") {
  const std::string entry = R"(    {"device": "nic0", "vector": 65, "destination": 2, "count": 1})";
  CHECK_THAT(refusal(replaced(entry, entry + ",\n" + entry)),
             Catch::Matchers::StartsWith("x.json:11:5: interrupts.1: "));
}
