// SPDX-License-Identifier: Apache-2.0
#include "software/gicv2m_driver.h"

#include "base/quantity.h"
#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/interrupt_ids.h"
#include "software/driver_error.h"

#include <string>

namespace iommusim::software {

namespace v2m = gic::v2m;

Gicv2mDriver::Gicv2mDriver(CpuBus& bus, PhysAddr base) {
  const std::string name = "the GICv2m frame at " + format_hex(base.value());
  const v2m::Type type{bus.load32(base + v2m::typer)};
  spis_ = {type.get<v2m::Type::BaseSpi>(), type.get<v2m::Type::Count>()};
  if (spis_.first < gic::first_spi || spis_.count == 0 || spis_.first + spis_.count > gic::last_spi + 1)
    throw DriverError(name + " has no SPIs");
  pool_.emplace(name, base + v2m::setspi_ns, std::vector{spis_});
}

}  // namespace iommusim::software
