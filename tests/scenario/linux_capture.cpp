// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU's log of the recorded machine. Each vtd_dmar_translate line tells device, page and where QEMU took the
// DMA; it is read here by a scanner of its own, not by the importer that made the trace.
#include "base/input_file.h"
#include "platforms/loader.h"
#include "support/played_trace.h"

#include <cstdio>
#include <sstream>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

const std::string source = IOMMUSIM_SOURCE_DIR;
constexpr std::size_t dma_count = 108'097;
constexpr std::uint64_t page_offset = 0xFFF;

struct Translated {
  RequesterId device;
  std::uint64_t iova = 0;
  std::uint64_t physical = 0;
};

std::vector<Translated> recorded_translations() {
  const std::vector<std::uint8_t> log =
      read_whole_file(source + "/tests/data/captures/vtd-legacy-strict/qemu-trace.log.zst", std::size_t{256} << 20);
  std::istringstream lines{std::string{log.begin(), log.end()}};
  std::vector<Translated> translations;
  for (std::string line; std::getline(lines, line);) {
    unsigned bus = 0;
    unsigned device = 0;
    unsigned function = 0;
    unsigned long long iova = 0;
    unsigned long long physical = 0;
    unsigned long long mask = 0;
    if (std::sscanf(line.c_str(), "vtd_dmar_translate dev %x:%x.%x iova %llx -> gpa %llx mask %llx", &bus, &device,
                    &function, &iova, &physical, &mask) != 6)
      continue;
    REQUIRE(mask == page_offset);
    translations.push_back({RequesterId{static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device),
                                        static_cast<std::uint8_t>(function)},
                            iova, physical});
  }
  return translations;
}

}  // namespace

TEST_CASE("Each of the 108,097 DMA accesses that Linux was recorded with lands where QEMU took it", "[capture]") {
  const std::vector<Translated> recorded = recorded_translations();
  REQUIRE(recorded.size() == dma_count);

  PlayedTrace run{platforms::load_platform(source + "/platforms/linux-vtd-capture.yaml")};
  const analysis::Results& results = run.play_file(source + "/traces/linux-vtd-capture.trace.zst");
  CHECK(results.accesses == dma_count);
  CHECK(results.collisions_total == 0);
  CHECK(results.faults.empty());
  CHECK(run.platform().simulation().outstanding() == 0);

  REQUIRE(run.landed().size() == dma_count);
  for (std::size_t i = 0; i < dma_count; ++i) {
    const Landed& landed = run.landed()[i];
    const std::uint64_t address = landed.access.address.value();
    const bool as_recorded = landed.access.requester == recorded[i].device &&
                             (address & ~page_offset) == recorded[i].iova &&
                             landed.landing.kind == LandingKind::memory &&
                             landed.landing.address == recorded[i].physical + (address & page_offset);
    if (as_recorded) continue;
    INFO("DMA " << i << " at " << std::hex << address << " landed at " << landed.landing.address << ", recorded "
                << recorded[i].iova << " to " << recorded[i].physical);
    REQUIRE(as_recorded);
  }
}
