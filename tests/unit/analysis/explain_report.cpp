// SPDX-License-Identifier: Apache-2.0
// Oracle: the walk of a 4-level table followed by hand (VT-d specification, 3.7), the platform's text, and the keys of
// iommusim.explain/1.
#include "analysis/explain_report.h"

#include "support/small_platforms.h"
#include "support/vtd_unit.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;
using Json = nlohmann::ordered_json;

namespace {

Explanation explain_nic(const Booted& platform, const Access& access) {
  return explain(platform.machine, platform.system, platform.node("nic0"), access);
}

/// Where each of these stands in the text; ascending when they are there in this order.
bool in_order(const std::string& text, const std::vector<std::string>& parts) {
  std::size_t from = 0;
  for (const std::string& part : parts) {
    from = text.find(part, from);
    INFO("missing or out of order: " << part << "\nin\n" << text);
    CHECK(from != std::string::npos);
    if (from == std::string::npos) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("An explanation lists each hop with its rule and each table word with its meaning", "[analysis]") {
  const Booted platform{{"software.domains.user.mappings=[{iova: 0x10_0000, buffer: queue, access: read}]"}};
  const Explanation explanation = explain_nic(platform, dma_read(0x10'0040));
  REQUIRE(explanation.fetches.size() == 6);
  const std::string text = to_text(explanation, platform.machine);
  CHECK(in_order(text, {"read of 64 B at 0x100040 by nic0 (03:00.0)\n",
                        "   1.  nic0: ",
                        "   2.  dp0: ",
                        "   3.  rp0: ",
                        "   4.  pcie0: ",
                        "   5.  dmar0: ",
                        "asked for 0x100040\n",
                        "root entry",
                        "context table at",
                        "context entry",
                        "4 levels",
                        "PML4E",
                        "next table at",
                        "PDPTE",
                        "next table at",
                        "PDE",
                        "next table at",
                        "PTE",
                        "4 KiB page at 0x12000000, read only\n",
                        "   6.  system: ",
                        "intended  memory 0x12000040 (queue + 0x40)\n",
                        "landed    memory 0x12000040 (queue + 0x40)\n",
                        "as intended\n"}));
  CHECK(text.find("[host-bridge.translate; ") != std::string::npos);
}

TEST_CASE("An explanation of what the IOTLB holds fetches nothing and says so", "[analysis]") {
  Booted platform;
  iommu::TranslationRequest request;
  request.requester = RequesterId{3, 0, 0};
  request.address = Iova{0x10'0000};
  request.size = 64;
  platform.machine.iommu(0).translate(request, platform.fetches);
  const Explanation explanation = explain_nic(platform, dma_read(0x10'0000));
  CHECK(explanation.fetches.size() == 0);
  CHECK(to_text(explanation, platform.machine).find("asked for 0x100000, answered by the IOTLB\n") !=
        std::string::npos);
}

TEST_CASE("An explanation names the collision, as a run does", "[analysis]") {
  const Booted platform;
  const Explanation hijack = explain_nic(platform, dma_write(0x9010'0000));
  CHECK(hijack.collision == CollisionKind::peer_hijack);
  CHECK(in_order(to_text(hijack, platform.machine), {"intended  memory 0x11000000 (pool + 0x0)\n",
                                                     "landed    gpu0 BAR 2 + 0x0\n", "COLLISION peer-hijack\n"}));
  CHECK(explain_nic(platform, dma_write(0x30'0000)).collision == CollisionKind::translation_fault);
}

TEST_CASE("Explaining changes nothing: no cache fill, no fault record", "[analysis]") {
  const Booted platform;
  for (int i = 0; i < 2; ++i) {
    CHECK(explain_nic(platform, dma_read(0x10'0000)).fetches.size() != 0);
    explain_nic(platform, dma_read(0x30'0000));
  }
  CHECK(tests::vtd_unit(platform.machine).statistics().requests == 0);
  CHECK(tests::vtd_unit(platform.machine).statistics().faults == 0);
}

TEST_CASE("An explanation in JSON has the same parts", "[analysis]") {
  const Booted platform;
  Access access = dma_write(0x10'0000, 4);
  const Json json = to_json(explain_nic(platform, access), platform.machine);
  std::vector<std::string> keys;
  for (const auto& [name, value] : json.items())
    keys.push_back(name);
  CHECK(keys == std::vector<std::string>{"schema", "platform", "device", "requester_id", "pasid", "operation",
                                         "poisoned", "address", "size", "path", "table_words", "intended", "landed",
                                         "collision"});
  CHECK(json["schema"] == "iommusim.explain/1");
  CHECK(json["requester_id"] == "03:00.0");
  CHECK(json["pasid"].is_null());
  CHECK(json["address"] == "0x100000");
  CHECK(json["collision"].is_null());
  CHECK(json["path"].size() == 6);
  CHECK(json["path"][1] == Json::parse(R"({"where": "dp0", "rule": "switch.upstream",
      "text": "no port of the switch holds the address", "source": "PCIe 7.5.1.3"})"));
  // Root, context and three levels: 2 MiB at a 1 MiB boundary are 4 KiB pages.
  REQUIRE(json["table_words"].size() == 6);
  CHECK(json["table_words"][0]["what"] == "root entry");
  CHECK(json["table_words"][5]["what"] == "PTE");
  CHECK(json["table_words"][5]["meaning"] == "4 KiB page at 0x10000000, read and write");

  access.pasid = Pasid{0x123};
  const Json tagged = to_json(explain_nic(platform, access), platform.machine);
  CHECK(tagged["pasid"] == 0x123);
  CHECK(tagged["landed"]["kind"] == "iommu-fault");
  CHECK(tagged["collision"] == "translation-fault");
}

TEST_CASE("A poisoned write is told as one, with the rule that ends it", "[analysis][poisoned]") {
  const Booted platform;
  Access access = dma_write(0x10'0040);
  access.poisoned = true;
  const Explanation explanation = explain_nic(platform, access);
  CHECK(in_order(to_text(explanation, platform.machine), {"poisoned write of 64", "dram:", "root-complex.poisoned",
                                                          "landed    rejected", "COLLISION window-hole"}));
  const Json json = to_json(explanation, platform.machine);
  CHECK(json["poisoned"] == true);
  CHECK(json["landed"]["kind"] == "rejected");
  CHECK(to_json(explain_nic(platform, dma_write(0x10'0040)), platform.machine)["poisoned"] == false);
}

TEST_CASE("An explanation tells that firmware's memory is somewhere else, whoever sends", "[analysis]") {
  const std::string region = "iommus.dmar0.rmrrs=[{base: 0x1400_0000, size: 64KiB, devices: [nic0]}]";
  const std::string other =
      "reserved  0x14000000-0x1400ffff for firmware of nic0, which means this memory and does not ";
  const Booted over{{region, "software.domains.user.mappings=[{iova: 0x1400_0000, buffer: ring}]"}};
  const Access access = dma_write(0x1400'0040);
  const Explanation driver = explain_nic(over, access);
  CHECK_FALSE(driver.collision.has_value());
  CHECK(in_order(to_text(driver, over.machine), {"landed    memory 0x10000040", other, "as intended\n"}));
  const Explanation firmware = explain(over.machine, over.system, over.node("nic0"), access, {std::nullopt, true});
  CHECK(firmware.collision == CollisionKind::wrong_memory);
  CHECK(in_order(to_text(firmware, over.machine),
                 {"firmware-write of 64 B at 0x14000040", "intended  memory 0x14000040 (reserved for firmware of nic0)",
                  "landed    memory 0x10000040 (ring + 0x40)", other, "COLLISION wrong-memory\n"}));
  CHECK(to_json(firmware, over.machine)["operation"] == "firmware-write");
  // Mapped one to one there is nothing to tell.
  const Booted kept{{region,
                     "software.domains.user={name: user, type: unmanaged, devices: [nic0], reserved_memory: "
                     "kept}"}};
  const Explanation right = explain(kept.machine, kept.system, kept.node("nic0"), access, {std::nullopt, true});
  CHECK_FALSE(right.collision.has_value());
  CHECK(to_text(right, kept.machine).find("reserved  ") == std::string::npos);
}
