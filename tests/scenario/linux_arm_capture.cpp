// SPDX-License-Identifier: Apache-2.0
// Oracle: QEMU's log of the recorded machine. Each smmuv3_translate_success line tells device, address and where QEMU
// took the access; each gicv3_its_translation_write line that it was a message, and the gicv3_its_ite_read line after
// it which LPI of which collection QEMU made of it. They are read here by a scanner of its own, not by the importer.
#include "base/input_file.h"
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

const std::string source = source_dir();
constexpr std::size_t dma_count = 79'475;
constexpr std::size_t interrupt_count = 6'720;
/// Of the services of four ports, which send nothing here.
constexpr std::size_t port_interrupts = 4;

/// What the log tells of one access.
struct Recorded {
  RequesterId device;
  std::uint64_t address = 0;
  std::uint64_t physical = 0;
  bool is_interrupt = false;
  std::uint32_t event = 0;
  std::uint32_t intid = 0;
  /// Linux has one collection per processor, with the processor's number.
  std::uint32_t collection = 0;
};

class Scanner {
 public:
  std::vector<Recorded> accesses;

  void scan(const std::string& line) {
    unsigned device = 0;
    unsigned data = 0;
    unsigned intid = 0;
    unsigned collection = 0;
    unsigned long long address = 0;
    unsigned long long physical = 0;
    if (std::sscanf(line.c_str(), "smmuv3_translate_success %*s sid=%x iova=%llx translated=%llx", &device, &address,
                    &physical) == 3) {
      accesses.push_back({RequesterId{static_cast<std::uint16_t>(device)}, address, physical});
    } else if (std::sscanf(line.c_str(), "gicv3_its_translation_write GICv3 ITS TRANSLATER write: offset %*x data %x",
                           &data) == 1) {
      accesses.back().is_interrupt = true;
      accesses.back().event = data;
      names_its_lpi_next_ = true;
    } else if (names_its_lpi_next_ &&
               std::sscanf(line.c_str(),
                           "gicv3_its_ite_read GICv3 ITS: Interrupt Table read for ITTaddr %*x EventID %*x: valid 1 "
                           "inttype 1 intid %x ICID %x",
                           &intid, &collection) == 2) {
      accesses.back().intid = intid;
      accesses.back().collection = collection;
      names_its_lpi_next_ = false;
    }
  }

 private:
  bool names_its_lpi_next_ = false;
};

std::vector<Recorded> recorded_accesses() {
  const std::vector<std::uint8_t> log =
      read_whole_file(source + "/tests/data/captures/smmuv3-strict/qemu-trace.log.zst", std::size_t{256} << 20);
  std::istringstream lines{std::string{log.begin(), log.end()}};
  Scanner scanner;
  for (std::string line; std::getline(lines, line);)
    scanner.scan(line);
  return scanner.accesses;
}

bool is_port(const platforms::Machine& machine, RequesterId id) {
  const auto& devices = machine.devices();
  return std::none_of(devices.begin(), devices.end(),
                      [&](const auto& device) { return machine.topology()[device.node].requester == id; });
}

/// Software here numbers its LPIs without those of ports: those of one device are all shifted alike.
class IntidShifts {
 public:
  bool fits(const Recorded& recorded, const Landing& landing) {
    const std::uint32_t shift = recorded.intid - landing.vector;
    return shifts_.emplace(recorded.device, shift).first->second == shift;
  }

 private:
  std::map<RequesterId, std::uint32_t> shifts_;
};

bool is_as_recorded(const Landed& landed, const Recorded& recorded, IntidShifts& shifts) {
  if (landed.access.requester != recorded.device || landed.access.address.value() != recorded.address) return false;
  if (!recorded.is_interrupt)
    return landed.landing.kind == LandingKind::memory && landed.landing.address == recorded.physical;
  return landed.landing.kind == LandingKind::interrupt && landed.landing.destination == recorded.collection &&
         shifts.fits(recorded, landed.landing);
}

}  // namespace

TEST_CASE("SMMU-087 Each of the 79,475 DMA accesses and 6,720 interrupts of a Linux on Arm lands where QEMU took it",
          "[capture]") {
  PlayedTrace run{platforms::load_platform(source + "/platforms/linux-smmuv3-capture.yaml")};
  std::vector<Recorded> recorded = recorded_accesses();
  const auto of_ports = std::remove_if(recorded.begin(), recorded.end(), [&](const Recorded& one) {
    return one.is_interrupt && is_port(run.platform().machine(), one.device);
  });
  CHECK(recorded.end() - of_ports == port_interrupts);
  recorded.erase(of_ports, recorded.end());
  REQUIRE(recorded.size() == dma_count + interrupt_count);

  const analysis::Results& results = run.play_file(source + "/traces/linux-smmuv3-capture.trace.zst");
  CHECK(results.landed[static_cast<std::size_t>(LandingKind::memory)] == dma_count);
  CHECK(results.landed[static_cast<std::size_t>(LandingKind::interrupt)] == interrupt_count);
  CHECK(results.collisions_total == 0);
  CHECK(results.faults.empty());
  CHECK(run.platform().simulation().outstanding() == 0);

  REQUIRE(run.landed().size() == recorded.size());
  IntidShifts shifts;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const Landed& landed = run.landed()[i];
    if (is_as_recorded(landed, recorded[i], shifts)) continue;
    FAIL("access " << i << " at " << std::hex << landed.access.address.value() << " landed at "
                   << landed.landing.address << " or as interrupt " << landed.landing.vector);
  }
}
