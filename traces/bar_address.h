// SPDX-License-Identifier: Apache-2.0
// Where a BAR that a trace names is at this moment of the replay.
#pragma once

#include "platforms/machine.h"
#include "traces/operation.h"

namespace iommusim::traces {

/// What requests of `sender` carry to reach byte `offset` of the BAR: its bus address as software has placed it last,
/// decoding or not. All functions throw software::DriverError when there is no such device, BAR, address or byte.
BusAddr bus_address_of(const platforms::Machine& machine, const BarName& bar, BusAddr offset, pcie::NodeIndex sender);

/// Where the processor reaches the same byte, through an outbound window of the host bridge.
PhysAddr cpu_address_of(const platforms::Machine& machine, const BarName& bar, PhysAddr offset);

}  // namespace iommusim::traces
