// SPDX-License-Identifier: Apache-2.0
// Platforms that nobody would draw: any tree, any windows, any ACS, any mappings.
#pragma once

#include "platforms/description.h"
#include "support/random.h"

namespace iommusim::tests {

/// One or two host bridges, in one or two segments, with up to two root ports each, up to three levels of switches
/// below a root port, about `most_functions` functions below each bridge: multi-function devices with ARI and function
/// groups, virtual functions, DMA aliases, integrated devices, PCIe-to-PCI bridges. It boots, but need not make sense:
/// windows may be closed or overlap, decoders may be off, mappings may lead to peers, registers or nowhere.
platforms::Description random_platform(Random& random, unsigned most_functions = 20);

}  // namespace iommusim::tests
