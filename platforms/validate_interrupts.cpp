// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/require_device.h"
#include "platforms/validate.h"

#include <map>

namespace iommusim::platforms {
namespace {

/// MSI-X wins where a function has both, as in every operating system.
unsigned vectors_of(const FunctionDescription& function) {
  if (function.msix) return function.msix->vectors;
  return function.msi ? function.msi->vectors : 0;
}

/// MSI has one message: a function with several vectors changes its low bits (PCIe base
/// specification, 6.1.4).
void check_msi_block(const FunctionDescription& function, const InterruptDescription& interrupt,
                     const InterruptDescription& first, const std::string& path, const Source& source) {
  if (function.msix) return;
  const unsigned mask = function.msi->vectors - 1;
  const bool in_block = (interrupt.vector & mask) == interrupt.index;
  const bool same_block = (interrupt.vector & ~mask) == (first.vector & ~mask) && interrupt.apic_id == first.apic_id;
  if (!in_block || !same_block)
    source.fail(path + ".vector", format_hex(interrupt.vector),
                "a vector whose low bits are the index and whose other bits and apic_id all messages of the "
                "device share");
}

}  // namespace

void validate_interrupts(const Description& description, const Source& source) {
  const std::vector<FunctionPlace> functions = all_functions(description);
  std::map<std::string, std::map<unsigned, const InterruptDescription*>> programmed;
  for (std::size_t i = 0; i < description.interrupts.size(); ++i) {
    const InterruptDescription& interrupt = description.interrupts[i];
    const std::string path = "software.interrupts." + std::to_string(i);
    if (!description.local_apic) source.fail(path, "an interrupt", "none on a platform with local_apic: false");
    const FunctionPlace& device = require_device(functions, interrupt.device, path + ".device", source);
    const unsigned vectors = vectors_of(*device.function);
    if (vectors == 0)
      source.fail(path + ".device", "'" + interrupt.device + "', which has neither msi nor msix",
                  "a device that can signal an interrupt");
    if (interrupt.index >= vectors)
      source.fail(path + ".index", std::to_string(interrupt.index),
                  "an index below " + std::to_string(vectors) + ", the vectors of '" + interrupt.device + "'");
    auto& of_device = programmed[interrupt.device];
    if (!of_device.emplace(interrupt.index, &interrupt).second)
      source.fail(path + ".index", std::to_string(interrupt.index) + " a second time", "every index once");
    check_msi_block(*device.function, interrupt, *of_device.begin()->second, path, source);
  }
}

}  // namespace iommusim::platforms
