// SPDX-License-Identifier: Apache-2.0
// Oracle: the keys of the design's results.json; values written by hand from the platform's text.
#include "analysis/json_report.h"

#include "analysis/recorder.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;
using Json = nlohmann::ordered_json;

namespace {

/// One collision, one fault, one interrupt and one good access.
Json report(Booted& platform) {
  Recorder recorder{platform.machine, platform.system, {}};
  const auto send = [&](const Access& access, AccessSource source, unsigned time, std::uint32_t data = 0) {
    const platforms::Walk way = platform.walk("nic0", access, data);
    recorder.begin_access(platform.node("nic0"), source, Duration::nanoseconds(time), access.size);
    recorder.on_tlp({access, way.landing, way.path, 1, data});
    recorder.end_access();
    recorder.count_operation();
  };
  Access first = dma_write(0x9010'0040);
  first.requester = RequesterId{3, 0, 0};
  send(first, AccessSource::dma, 250);
  send(dma_read(0x90'0000), AccessSource::dma, 300);
  send(dma_write(0x90'0000), AccessSource::dma, 400);
  send(dma_write(0xFEE0'2000, 4), AccessSource::msi, 500, 0x41);
  return to_json(recorder.finish(Duration::nanoseconds(1000)), {"small.trace", "loose"}, platform.machine);
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items())
    names.push_back(name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("results.json has the keys of its schema, in their order", "[analysis]") {
  Booted platform;
  const Json json = report(platform);
  CHECK(keys(json) == Names{"schema", "platform", "trace", "timing", "summary", "collisions", "faults", "interrupts",
                            "devices", "iommus", "links", "statistics"});
  CHECK(json["schema"] == "iommusim.results/1");
  CHECK(json["platform"] == "small");
  CHECK(json["trace"] == "small.trace");
  CHECK(json["timing"] == "loose");
  const Json& summary = json["summary"];
  CHECK(summary["operations"] == 4);
  CHECK(summary["accesses"] == 4);
  CHECK(summary["bytes"] == 64 + 64 + 64 + 4);
  CHECK(summary["simulated_ns"] == 1000.0);
  CHECK(summary["landed"] == Json::parse(R"({"memory": 1, "peer": 1, "interrupt": 1, "iommu-fault": 1})"));
  CHECK(summary["collisions"] == Json::parse(R"({"total": 2, "peer-hijack": 1, "translation-fault": 1})"));
}

TEST_CASE("A collision stands in results.json as intended, landed, cause, path and remedies", "[analysis]") {
  Booted platform;
  const Json collision = report(platform)["collisions"][0];
  const Json expected = Json::parse(R"json({
    "kind": "peer-hijack", "count": 1, "time_ns": 250.0, "last_time_ns": 250.0,
    "device": "nic0", "requester_id": "03:00.0", "pasid": null, "operation": "write",
    "iova": "0x90100040", "size": 64,
    "intended": {"kind": "memory", "address": "0x11000040", "buffer": "pool", "offset": "0x40"},
    "landed": {"kind": "peer", "where": "gpu0", "bar": 2, "offset": "0x40", "address": "0x90100040", "status": "posted"},
    "cause": {
      "rule": "switch.direct-peer", "where": "dp0",
      "text": "a sibling port's window holds the address and no ACS service redirects the request",
      "source": "PCIe 6.12"},
    "path": [
      {"where": "nic0", "rule": "function.bus-master-enabled"},
      {"where": "dp0", "rule": "switch.direct-peer"},
      {"where": "gpu0", "rule": "bar.claim"}],
    "remedies": [
      {"action": "replace-port", "text": "dp0 (02:00.0) has no ACS capability, so no setting sends this request to the IOMMU: move nic0 below a port with ACS, or to another root port"},
      {"action": "reserve-iova", "text": "Keep the IOVAs of domain user out of 0x90100000-0x901fffff, BAR 2 of gpu0 (04:00.0)"},
      {"action": "remap", "text": "Map pool at an IOVA from 0x100000000 upwards, above every window of the fabric and every mapping"}]
  })json");
  CHECK(collision == expected);
}

TEST_CASE("Faults, interrupts, devices, IOMMUs and links are listed by name", "[analysis]") {
  Booted platform;
  const Json json = report(platform);
  REQUIRE(json["faults"].size() == 1);
  const Json& fault = json["faults"][0];
  CHECK(keys(fault) == Names{"count", "time_ns", "iommu", "reason", "rule", "text", "device", "requester_id", "pasid",
                             "operation", "iova", "size"});
  CHECK(fault["iommu"] == "dmar0");
  CHECK(fault["reason"] == "0x5");
  CHECK(fault["iova"] == "0x900000");
  CHECK(json["interrupts"] ==
        Json::parse(R"([{"count": 1, "time_ns": 500.0, "device": "nic0", "vector": 65, "destination": 2}])"));

  CHECK(keys(json["devices"]) == Names{"nic0", "gpu0", "ssd0", "rcie0"});
  const Json& nic = json["devices"]["nic0"];
  CHECK(nic["tlps"] == 4);
  CHECK(nic["collisions"] == 2);
  // Nobody kept time.
  CHECK(nic["write_latency_ns"]["count"] == 0);
  // PCIe base specification, 2.2: 8 + 12 bytes for each request, and the payload of the writes.
  CHECK(json["links"]["nic0"] == Json::parse(R"({"tlps_up": 4, "bytes_up": 212})"));
  CHECK(keys(json["iommus"]) == Names{"dmar0"});
}

TEST_CASE("A landing stands in JSON in the words of its kind", "[analysis]") {
  const Booted platform;
  Landing landing;
  landing.where = platform.machine.iommu_id(0);
  landing.kind = LandingKind::iommu_fault;
  landing.fault_reason = 0xA;
  landing.status = CompletionStatus::unsupported_request;
  CHECK(to_json(landing, platform.machine) ==
        Json::parse(R"({"kind": "iommu-fault", "where": "dmar0", "reason": "0xa", "status": "unsupported request",
                        "from_cache": false})"));
  landing.kind = LandingKind::rejected;
  CHECK(to_json(landing, platform.machine) ==
        Json::parse(R"({"kind": "rejected", "where": "dmar0", "status": "unsupported request"})"));
  landing.kind = LandingKind::memory;
  landing.where = ComponentId::none;
  landing.address = 0x1000;
  landing.status = CompletionStatus::successful;
  CHECK(to_json(landing, platform.machine) ==
        Json::parse(R"({"kind": "memory", "where": "?", "address": "0x1000", "status": "successful completion",
                        "from_cache": false})"));
}

TEST_CASE("An intent stands in JSON with the mapping that ended", "[analysis]") {
  const Booted platform;
  Intent intent;
  intent.was_mapped = true;
  intent.past_physical = PhysAddr{0x2000};
  intent.past_until = Duration::nanoseconds(5);
  CHECK(to_json(intent, platform.machine) ==
        Json::parse(R"({"kind": "none", "was_mapped_to": "0x2000", "until_ns": 5.0})"));
  intent.was_mapped = false;
  intent.kind = IntentKind::peer;
  intent.peer = platform.id("gpu0");
  intent.peer_address = BusAddr{0x9010'0000};
  CHECK(to_json(intent, platform.machine) ==
        Json::parse(R"({"kind": "peer", "where": "gpu0", "address": "0x90100000"})"));
}

TEST_CASE("Requester IDs have their segment where there are several, as lspci prints them", "[analysis]") {
  Booted platform{{"host_bridges.pcie0.segment=1"}};
  CHECK(report(platform)["collisions"][0]["requester_id"] == "0001:03:00.0");
}
