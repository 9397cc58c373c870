// SPDX-License-Identifier: Apache-2.0
// Software that changes its mind about the fabric, by configuration cycles at bare offsets.
#pragma once

#include "pcie/topology.h"
#include "software/cpu_bus.h"
#include "support/random.h"

namespace iommusim::tests {

/// Changes one register of one function: ACS with its egress vector, the Command register, the virtual functions'
/// enables, the bus numbers above them, or a window of a switch, which gets a hole or loses an overlap.
void change_configuration(Random& random, const pcie::Topology& topology, software::CpuBus& bus);

}  // namespace iommusim::tests
