// SPDX-License-Identifier: Apache-2.0
#include "software/mbi_driver.h"

#include "base/quantity.h"
#include "interrupts/gic/mbi.h"
#include "software/driver_error.h"

#include <string>

namespace iommusim::software {
namespace {

std::string name_of(PhysAddr base) {
  return "the distributor at " + format_hex(base.value());
}

}  // namespace

MbiDriver::MbiDriver(CpuBus& bus, PhysAddr base, const std::vector<gic::SpiRange>& ranges)
    : pool_{name_of(base), base + gic::gicd::setspi_nsr, ranges} {
  const gic::gicd::Type type{bus.load32(base + gic::gicd::typer)};
  if (!type.get<gic::gicd::Type::MBIS>()) throw DriverError(name_of(base) + " takes no messages");
}

}  // namespace iommusim::software
