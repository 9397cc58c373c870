// SPDX-License-Identifier: Apache-2.0
// Oracle: texts written by hand from the platform's text.
#include "analysis/text_report.h"

#include "analysis/recorder.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::analysis;
using namespace iommusim::test;

namespace {

void record(Booted& platform, Recorder& recorder, const std::string& device, const Access& access, Duration time) {
  const platforms::Walk way = platform.walk(device, access);
  Access sent = access;
  sent.requester = platform.machine.topology()[platform.node(device)].requester;
  recorder.begin_access(platform.node(device), AccessSource::dma, time, access.size);
  recorder.on_tlp({sent, way.landing, way.path});
  recorder.end_access();
  recorder.count_operation();
}

const RunInfo info{"small.trace", "loose"};

}  // namespace

TEST_CASE("A run without collisions says so", "[analysis]") {
  Booted platform;
  Recorder recorder{platform.machine, platform.system, {}};
  record(platform, recorder, "nic0", dma_write(0x10'0000, 128), Duration{});
  CHECK(to_text(recorder.finish(Duration::nanoseconds(1500)), info, platform.machine) ==
        "small: A NIC beside an accelerator\n"
        "1 operation of small.trace, 1 access, 128 B, 1.5 us simulated\n"
        "landed: 1 memory\n"
        "no collisions: every access landed where software meant it to\n");
}

TEST_CASE("A collision is told with intent, landing, cause, way and remedies", "[analysis]") {
  Booted platform{{"devices.rp0.acs=linux", "devices.dp0.acs=capable"}};
  Recorder recorder{platform.machine, platform.system, {}};
  record(platform, recorder, "nic0", dma_write(0x9010'0040), Duration::nanoseconds(250));
  record(platform, recorder, "nic0", dma_read(0x10'0000), Duration::nanoseconds(300));
  CHECK(to_text(recorder.finish(Duration::nanoseconds(400)), info, platform.machine) ==
        "small: A NIC beside an accelerator\n"
        "2 operations of small.trace, 2 accesses, 128 B, 400 ns simulated\n"
        "landed: 1 memory, 1 peer\n"
        "COLLISIONS: 1\n"
        "\n"
        "peer-hijack: 1 access by nic0 (03:00.0)\n"
        "  what      write of 64 B at 0x90100040, 250 ns\n"
        "  intended  memory 0x11000040 (pool + 0x40)\n"
        "  landed    gpu0 BAR 2 + 0x40\n"
        "  because   dp0: a sibling port's window holds the address and no ACS service redirects the request "
        "[switch.direct-peer]\n"
        "  path      nic0 > dp0 > gpu0\n"
        "  remedy    Set ACS Control of dp0 (02:00.0) 0x0000 -> 0x000c (setpci -s 02:00.0 ECAP_ACS+6.w=000c)\n"
        "  remedy    Keep the IOVAs of domain user out of 0x90100000-0x901fffff, BAR 2 of gpu0 (04:00.0)\n"
        "  remedy    Map pool at an IOVA from 0x100000000 upwards, above every window of the fabric and every "
        "mapping\n");
}

TEST_CASE("Collisions of one device, kind, rule and place are told once, with their pages", "[analysis]") {
  for (const bool unfold : {false, true}) {
    CAPTURE(unfold);
    Booted platform;
    Recorder recorder{platform.machine, platform.system, {unfold}};
    record(platform, recorder, "nic0", dma_write(0x9010'0000), Duration{});
    record(platform, recorder, "nic0", dma_write(0x9010'0040), Duration{});
    record(platform, recorder, "nic0", dma_write(0x9010'1000), Duration{});
    record(platform, recorder, "nic0", dma_write(0x30'0000), Duration{});
    const std::string text = to_text(recorder.finish(Duration{}), info, platform.machine);
    CHECK(text.find("peer-hijack: 3 accesses by nic0 (03:00.0) on 2 pages; the first:\n") != std::string::npos);
    CHECK(text.find("peer-hijack", text.find("peer-hijack") + 1) == std::string::npos);
    CHECK(text.find("\ntranslation-fault: 1 access by nic0 (03:00.0)\n") != std::string::npos);
    CHECK(text.find("COLLISIONS: 4\n") != std::string::npos);
  }
}

TEST_CASE("Collisions that one rule decided at different places are told apart", "[analysis]") {
  Booted platform;
  Recorder recorder{platform.machine, platform.system, {}};
  record(platform, recorder, "nic0", dma_write(0x9010'0000), Duration{});
  Results results = recorder.finish(Duration{});
  REQUIRE(results.collisions.size() == 1);
  const Collision first = results.collisions[0];
  results.collisions.push_back(first);
  results.collisions[1].example.landing.decided_by = platform.id("rp0");
  results.collisions.push_back(first);
  results.collisions[2].example.landing.where = platform.id("nic0");
  const std::string text = to_text(results, info, platform.machine);
  CHECK(text.find("because   dp0: ") != std::string::npos);
  CHECK(text.find("because   rp0: ") != std::string::npos);
  CHECK(text.find("landed    nic0 BAR 2") != std::string::npos);
  CHECK(text.find("2 accesses") == std::string::npos);
}

TEST_CASE("Every collision is told by itself when that is asked for", "[analysis]") {
  Booted platform;
  Recorder recorder{platform.machine, platform.system, {true}};
  for (const std::uint64_t address : {0x9010'0000, 0x9010'0040, 0x9010'1000})
    record(platform, recorder, "nic0", dma_write(address), Duration{});
  const std::string text = to_text(recorder.finish(Duration{}), info, platform.machine, TextForm::every_collision);
  for (const char* address : {"at 0x90100000,", "at 0x90100040,", "at 0x90101000,"})
    CHECK(text.find(address) != std::string::npos);
  CHECK(text.find("3 accesses by") == std::string::npos);
}

TEST_CASE("A landing is told in the words of its kind", "[analysis]") {
  const Booted platform;
  const auto text = [&platform](const Landing& landing) { return to_text(landing, platform.machine); };
  Landing landing;
  landing.kind = LandingKind::memory;
  landing.address = 0x1100'0010;
  CHECK(text(landing) == "memory 0x11000010 (pool + 0x10)");
  landing.from_cache = true;
  landing.address = 0x1300'0000;
  CHECK(text(landing) == "memory 0x13000000, by a cached translation");
  landing.kind = LandingKind::peer;
  landing.where = platform.id("gpu0");
  landing.bar = 2;
  landing.bar_offset = 0x1000;
  CHECK(text(landing) == "gpu0 BAR 2 + 0x1000");
  landing.kind = LandingKind::interrupt;
  landing.vector = 0x41;
  landing.destination = 2;
  CHECK(text(landing) == "interrupt vector 0x41 to APIC 2");
  landing.kind = LandingKind::iommu_fault;
  landing.where = platform.machine.iommu_id(0);
  landing.fault_reason = 6;
  landing.status = CompletionStatus::unsupported_request;
  CHECK(text(landing) == "fault 0x6 in dmar0: unsupported request");
  landing.kind = LandingKind::rejected;
  landing.where = platform.id("dp0");
  landing.status = CompletionStatus::completer_abort;
  CHECK(text(landing) == "rejected by dp0: completer abort");
}

TEST_CASE("An intent is told in the words of its kind", "[analysis]") {
  const Booted platform;
  const auto text = [&platform](const Intent& intent) { return to_text(intent, platform.machine); };
  Intent intent;
  CHECK(text(intent) == "nothing: software never mapped this address");
  intent.was_mapped = true;
  intent.past_physical = PhysAddr{0x1000'0000};
  intent.past_until = Duration::nanoseconds(70);
  CHECK(text(intent) == "nothing: the mapping to 0x10000000 ended at 70 ns");
  intent.kind = IntentKind::blocked;
  CHECK(text(intent) == "nothing: the device is blocked");
  intent.kind = IntentKind::memory;
  intent.physical = PhysAddr{0x1200'0000};
  CHECK(text(intent) == "memory 0x12000000 (queue + 0x0)");
  intent.kind = IntentKind::peer;
  intent.peer = platform.id("gpu0");
  intent.peer_address = BusAddr{0x9010'0000};
  CHECK(text(intent) == "gpu0 at bus address 0x90100000");
  intent.kind = IntentKind::interrupt;
  intent.vector = 0x41;
  intent.destination = 3;
  CHECK(text(intent) == "interrupt vector 0x41 to APIC 3");
}

TEST_CASE("A way names each component once where it stays there", "[analysis]") {
  Booted platform{linux_acs};
  CHECK(to_text(platform.walk("nic0", dma_write(0x10'0000)).path, platform.machine) ==
        "nic0 > dp0 > rp0 > pcie0 > dmar0 > system");
  Path path;
  CHECK(to_text(path, platform.machine).empty());
  const Rule rule{"a", "b", "c"};
  path.add(platform.id("dp0"), rule);
  path.add(platform.id("dp0"), rule);
  path.add(platform.id("gpu0"), rule);
  CHECK(to_text(path, platform.machine) == "dp0 > gpu0");
}
