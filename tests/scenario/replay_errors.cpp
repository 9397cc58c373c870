// SPDX-License-Identifier: Apache-2.0
// Oracle: docs/trace-format.md: an error found during a replay points at the line and the
// column of the word that it is about.
#include "support/bench_platform.h"
#include "support/error_text.h"
#include "support/played_trace.h"

using namespace iommusim;
using namespace iommusim::tests;
using Catch::Matchers::Contains;

namespace {

std::string error_of(const std::string& lines) {
  PlayedTrace run{bench_platform()};
  const std::string error = support::error_text([&] { run.play(lines); });
  CHECK(run.platform().simulation().outstanding() == 0);
  return error;
}

}  // namespace

TEST_CASE("An unknown device is an error at its name", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 msi 0\n+1us  ghost0 read 0x1000 64\n"),
             Contains("test.trace:2:7: ") && Contains("ghost0") && Contains("bench"));
}

TEST_CASE("A port cannot do DMA", "[replay][errors]") {
  CHECK_THAT(error_of("0ns dp0 read 0x1000 64\n"), Contains("test.trace:1:5: ") && Contains("dp0"));
}

TEST_CASE("An unknown buffer is an error at its name", "[replay][errors]") {
  CHECK_THAT(error_of("\n0ns nic0 map 0x7000_0000 4KiB lost-ring rw\n"),
             Contains("test.trace:2:31: ") && Contains("lost-ring"));
}

TEST_CASE("A map beyond the end of its buffer is an error", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 map 0x7000_0000 8KiB ring+0x1f_f000 rw\n"),
             Contains("test.trace:1:31: ") && Contains("ring"));
}

TEST_CASE("A map over a mapping is an error", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 map 0xffe0_0000 4KiB spare rw\n"), Contains("test.trace:1:14: "));
}

TEST_CASE("A map for a device that is in no domain is an error", "[replay][errors]") {
  CHECK_THAT(error_of("0ns stray0 map 0x7000_0000 4KiB spare rw\n"),
             Contains("test.trace:1:5: ") && Contains("stray0"));
}

TEST_CASE("A vector beyond the table cannot be signalled", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 msi 4\n"), Contains("test.trace:1:14: ") && Contains("vector 4"));
}

TEST_CASE("A function without MSI and MSI-X has no vectors", "[replay][errors]") {
  CHECK_THAT(error_of("0ns gpu0 msi 0\n"), Contains("test.trace:1:14: ") && Contains("gpu0"));
}

TEST_CASE("A BAR that does not take its address is an error at the address, with the reason", "[replay][errors]") {
  CHECK_THAT(error_of("0ns gpu0 set bar0 0x9080_0000\n"),
             Contains("test.trace:1:19: ") && Contains("it is not a multiple of the BAR's 16 MiB"));
}

TEST_CASE("An absent BAR is an error with that reason", "[replay][errors]") {
  CHECK_THAT(error_of("0ns gpu0 set bar5 0x9080_0000\n"), Contains("test.trace:1:19: ") && Contains("no such BAR"));
}

TEST_CASE("A BAR of 32 bits takes no address above 4 GiB", "[replay][errors]") {
  CHECK_THAT(error_of("0ns gpu0 set bar0 0x1_0000_0000\n"),
             Contains("test.trace:1:19: ") && Contains("has 32 address bits"));
}

TEST_CASE("A PASID of a device that sends none is an error at the word", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 read 0x1000 64 pasid=5\n"), Contains("test.trace:1:25: ") && Contains("PASID"));
}

TEST_CASE("A translated request of a device without ATS is an error at the word", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 read 0x1000 64 translated\n"), Contains("test.trace:1:25: ") && Contains("ATS"));
}

TEST_CASE("An address beyond the domain's width is an error at the address", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 map 0x1_0000_0000_0000 4KiB spare rw\n"), Contains("test.trace:1:14: "));
}

TEST_CASE("An ACS service of a function without ACS cannot be set", "[replay][errors]") {
  CHECK_THAT(error_of("0ns nic0 set acs.p2p-request-redirect on\n"),
             Contains("test.trace:1:14: nic0 has no ACS capability"));
}

TEST_CASE("A service that is not in the ACS capability cannot be set", "[replay][errors]") {
  CHECK_THAT(error_of("0ns dp0 set acs.p2p-egress-control on\n"), Contains("test.trace:1:13: ") && Contains("dp0"));
}
