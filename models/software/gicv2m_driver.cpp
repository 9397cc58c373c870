// SPDX-License-Identifier: Apache-2.0
#include "software/gicv2m_driver.h"

#include "base/quantity.h"
#include "interrupts/gic/gicv2m.h"
#include "interrupts/gic/interrupt_ids.h"
#include "software/driver_error.h"

#include <algorithm>
#include <cstddef>
#include <string>

namespace iommusim::software {

namespace v2m = gic::v2m;

Gicv2mDriver::Gicv2mDriver(CpuBus& bus, PhysAddr base) : base_{base} {
  const v2m::Type type{bus.load32(base + v2m::typer)};
  first_spi_ = type.get<v2m::Type::BaseSpi>();
  const std::uint32_t count = type.get<v2m::Type::Count>();
  if (first_spi_ < gic::first_spi || count == 0 || first_spi_ + count > gic::last_spi + 1)
    throw DriverError("the GICv2m frame at " + format_hex(base.value()) + " has no SPIs");
  in_use_.resize(count);
}

SpiVectors Gicv2mDriver::allocate(std::uint32_t count) {
  if (!is_power_of_two(count)) throw DriverError("messages are given in powers of two");
  for (std::size_t first = 0; first + count <= in_use_.size(); first += count) {
    const auto from = in_use_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = from + static_cast<std::ptrdiff_t>(count);
    if (std::find(from, end, true) != end) continue;
    std::fill(from, end, true);
    const std::uint32_t intid = first_spi_ + static_cast<std::uint32_t>(first);
    return {{BusAddr{(base_ + v2m::setspi_ns).value()}, intid}, intid, count};
  }
  throw DriverError("the GICv2m frame at " + format_hex(base_.value()) + " has no " + std::to_string(count) +
                    " SPIs left");
}

void Gicv2mDriver::release(const SpiVectors& vectors) {
  for (std::uint32_t i = 0; i < vectors.count; ++i)
    in_use_.at(vectors.intid - first_spi_ + i) = false;
}

}  // namespace iommusim::software
