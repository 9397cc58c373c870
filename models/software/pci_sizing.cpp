// SPDX-License-Identifier: Apache-2.0
#include "software/pci_sizing.h"

#include "pcie/header.h"
#include "software/sriov_setup.h"

namespace iommusim::software {
namespace {

/// A 64-bit BAR takes two of the registers.
template <class Probe>
void size_registers(unsigned registers, unsigned virtual_functions, Probe probe, std::vector<FoundBar>& bars) {
  for (unsigned index = 0; index < registers; ++index) {
    const std::optional<BarFacts> facts = probe(index);
    if (!facts) continue;
    bars.push_back({index, *facts, virtual_functions, {}});
    if (facts->is_64bit) ++index;
  }
}

}  // namespace

void size_bars(FoundFunctions& functions) {
  for (FoundFunction& found : functions) {
    const PciFunction& function = found.function;
    const unsigned registers = found.is_bridge ? pcie::header::type1_bars : pcie::header::type0_bars;
    size_registers(
        registers, 0, [&](unsigned index) { return probe_bar(function, index); }, found.bars);
    const auto virtual_functions = vf_facts(function);
    if (!virtual_functions || virtual_functions->total_vfs == 0) continue;
    size_registers(
        pcie::header::type0_bars, virtual_functions->total_vfs,
        [&](unsigned index) { return probe_vf_bar(function, index); }, found.bars);
  }
}

}  // namespace iommusim::software
