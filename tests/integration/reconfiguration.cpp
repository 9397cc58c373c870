// SPDX-License-Identifier: Apache-2.0
// Oracle: the order of the trace. A change of configuration counts for every TLP of every later operation and for none
// of an earlier one, although all of them stand at one time; addresses are those of the small platform.
#include "support/played_trace.h"
#include "support/small_platforms.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

/// "peer:switch.direct-peer" for each TLP, in order.
std::vector<std::string> landings(const PlayedTrace& played) {
  std::vector<std::string> texts;
  for (const Landed& landed : played.landed())
    texts.push_back(std::string{to_string(landed.landing.kind)} + ":" + std::string{landed.landing.rule->id});
  return texts;
}

const std::string direct = "peer:switch.direct-peer";

}  // namespace

TEST_CASE("An ACS bit that is switched in mid-trace counts for the next access and not for the one before", "[acs]") {
  PlayedTrace played{test::small_description(test::linux_acs)};
  played.play(
      "1us nic0 write 0x9010_0000 1024\n"
      "1us dp0 set acs.p2p-request-redirect off\n"
      "1us nic0 write 0x9010_0000 1024\n"
      "1us dp0 set acs.p2p-request-redirect on\n"
      "1us nic0 write 0x9010_0000 1024\n");
  const std::vector<std::string> found = landings(played);
  REQUIRE(found.size() == 12);  // four TLPs of 256 bytes each
  for (std::size_t tlp = 0; tlp < 12; ++tlp) {
    INFO("TLP " << tlp);
    if (tlp / 4 == 1)
      CHECK(found[tlp] == direct);
    else
      CHECK(played.landing(tlp).kind == LandingKind::memory);
  }
}

TEST_CASE("A BAR that is moved in mid-trace claims its new addresses from the next access on", "[acs]") {
  PlayedTrace played{test::small_description({"devices.gpu0.bars.0.size=64KiB"})};
  played.play(
      "1us nic0 write 0x9010_0000 64\n"
      "1us nic0 write 0x9018_0040 64\n"
      "1us gpu0 set bar2 0x9018_0000\n"
      "1us nic0 write 0x9010_0000 64\n"
      "1us nic0 write 0x9018_0040 64\n");
  CHECK(landings(played) ==
        std::vector<std::string>{direct, "rejected:bar.unclaimed", "rejected:bar.unclaimed", direct});
  CHECK(played.landing(0).bar_offset == 0);
  CHECK(played.landing(3).bar_offset == 0x40);
}

TEST_CASE("Bus Master Enable that is cleared in mid-trace stops the next access, at the function and at a port",
          "[acs]") {
  PlayedTrace played{test::small_description()};
  played.play(
      "1us nic0 write 0x10_0000 64\n"
      "1us nic0 set bus-master off\n"
      "1us nic0 write 0x10_0000 64\n"
      "1us nic0 set bus-master on\n"
      "1us dp0 set bus-master off\n"
      "1us nic0 write 0x10_0000 64\n"
      "1us dp0 set bus-master on\n"
      "1us nic0 write 0x10_0000 64\n");
  const std::vector<std::string> found = landings(played);
  REQUIRE(found.size() == 4);
  CHECK(played.landing(0).kind == LandingKind::memory);
  CHECK(found[1] == "rejected:function.bus-master-disabled");
  CHECK(found[2] == "rejected:port.bus-master-disabled");
  CHECK(played.landing(3).kind == LandingKind::memory);
}
