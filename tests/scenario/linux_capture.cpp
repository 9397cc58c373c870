// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU's log of the recorded machine. Each vtd_dmar_translate line tells device, page and where QEMU took the
// DMA, each vtd_ir_remap_msi line what QEMU made of an interrupt message; they are read here by a scanner of its own,
// not by the importer that made the trace.
#include "base/input_file.h"
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

const std::string source = source_dir();
constexpr std::size_t dma_count = 108'097;
constexpr std::size_t interrupt_count = 41'984;
constexpr std::uint64_t page_offset = 0xFFF;

/// What the log tells of one access.
struct Recorded {
  bool is_interrupt = false;
  /// DMA.
  RequesterId device;
  std::uint64_t iova = 0;
  std::uint64_t physical = 0;
  /// Interrupts: the message as it was sent, and as a processor got it.
  std::uint64_t sent = 0;
  std::uint64_t address = 0;
  std::uint32_t data = 0;
};

std::optional<Recorded> recorded_dma(const std::string& line) {
  unsigned bus = 0;
  unsigned device = 0;
  unsigned function = 0;
  unsigned long long iova = 0;
  unsigned long long physical = 0;
  unsigned long long mask = 0;
  if (std::sscanf(line.c_str(), "vtd_dmar_translate dev %x:%x.%x iova %llx -> gpa %llx mask %llx", &bus, &device,
                  &function, &iova, &physical, &mask) != 6)
    return std::nullopt;
  REQUIRE(mask == page_offset);
  Recorded recorded;
  recorded.device = RequesterId{static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(device),
                                static_cast<std::uint8_t>(function)};
  recorded.iova = iova;
  recorded.physical = physical;
  return recorded;
}

std::optional<Recorded> recorded_interrupt(const std::string& line) {
  unsigned long long sent = 0;
  unsigned long long address = 0;
  unsigned sent_data = 0;
  unsigned data = 0;
  if (std::sscanf(line.c_str(), "vtd_ir_remap_msi (addr %llx, data %x) -> (addr %llx, data %x)", &sent, &sent_data,
                  &address, &data) != 4)
    return std::nullopt;
  Recorded recorded;
  recorded.is_interrupt = true;
  recorded.sent = sent;
  recorded.address = address;
  recorded.data = data;
  return recorded;
}

std::vector<Recorded> recorded_accesses() {
  const std::vector<std::uint8_t> log =
      read_whole_file(source + "/tests/data/captures/vtd-legacy-strict/qemu-trace.log.zst", std::size_t{256} << 20);
  std::istringstream lines{std::string{log.begin(), log.end()}};
  std::vector<Recorded> accesses;
  for (std::string line; std::getline(lines, line);) {
    if (const auto dma = recorded_dma(line)) accesses.push_back(*dma);
    if (const auto interrupt = recorded_interrupt(line)) accesses.push_back(*interrupt);
  }
  return accesses;
}

bool is_as_recorded(const Landed& landed, const Recorded& recorded) {
  const std::uint64_t address = landed.access.address.value();
  if (recorded.is_interrupt)
    return address == recorded.sent && landed.landing.kind == LandingKind::interrupt &&
           landed.landing.address == recorded.address && landed.landing.vector == (recorded.data & 0xFF);
  return landed.access.requester == recorded.device && (address & ~page_offset) == recorded.iova &&
         landed.landing.kind == LandingKind::memory &&
         landed.landing.address == recorded.physical + (address & page_offset);
}

}  // namespace

TEST_CASE("Each of the 108,097 DMA accesses and 41,984 interrupts of a recorded Linux lands where QEMU took it",
          "[capture]") {
  const std::vector<Recorded> recorded = recorded_accesses();
  REQUIRE(recorded.size() == dma_count + interrupt_count);

  PlayedTrace run{platforms::load_platform(source + "/platforms/linux-vtd-capture.yaml")};
  const analysis::Results& results = run.play_file(source + "/traces/linux-vtd-capture.trace.zst");
  CHECK(results.accesses == dma_count + interrupt_count);
  CHECK(results.landed[static_cast<std::size_t>(LandingKind::memory)] == dma_count);
  CHECK(results.landed[static_cast<std::size_t>(LandingKind::interrupt)] == interrupt_count);
  // The I/O APIC's one message before Linux switched interrupt remapping on, which no driver programmed.
  CHECK(results.collisions_total == 1);
  CHECK(run.collisions(analysis::CollisionKind::interrupt_forged) == 1);
  CHECK(results.faults.empty());
  CHECK(run.platform().simulation().outstanding() == 0);
  CHECK(run.platform().machine().local_apic().delivered() == interrupt_count);
  // What processors got at last, data and all.
  REQUIRE_FALSE(run.platform().machine().local_apic().records().empty());
  const auto last = std::find_if(recorded.rbegin(), recorded.rend(), [](const auto& one) { return one.is_interrupt; });
  CHECK(run.platform().machine().local_apic().records().back().message.data == last->data);

  REQUIRE(run.landed().size() == recorded.size());
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const Landed& landed = run.landed()[i];
    if (is_as_recorded(landed, recorded[i])) continue;
    INFO("access " << i << " at " << std::hex << landed.access.address.value() << " landed at "
                   << landed.landing.address);
    REQUIRE(is_as_recorded(landed, recorded[i]));
  }
}
