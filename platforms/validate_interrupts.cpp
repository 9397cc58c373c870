// SPDX-License-Identifier: Apache-2.0
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/require_device.h"
#include "platforms/spelling.h"
#include "platforms/validate.h"

#include <algorithm>
#include <map>

namespace iommusim::platforms {
namespace {

constexpr std::uint32_t last_short_apic_id = 255;
constexpr std::uint64_t descriptor_size = 64;

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

/// A GIC's driver chooses the INTID; processors that there are can be named where LPIs have one.
void check_gic_target(const Description& description, DoorbellKind doorbell, const InterruptDescription& interrupt,
                      const std::string& path, const Source& source) {
  for (const char* key : {".vector", ".apic_id", ".virtual_processor"})
    if (source.has(path + key))
      source.fail(path + key, source.text(path + key),
                  "no such key where messages go to '" + std::string{to_string(doorbell)} + "'");
  if (doorbell == DoorbellKind::its && interrupt.processor >= description.gic->redistributors->processors)
    source.fail(path + ".processor", std::to_string(interrupt.processor),
                "a processor below " + std::to_string(description.gic->redistributors->processors));
  if (doorbell != DoorbellKind::its && source.has(path + ".processor"))
    source.fail(path + ".processor", std::to_string(interrupt.processor),
                "none: the distributor says where an SPI goes");
}

/// Local APICs know vectors.
void check_vector(const InterruptDescription& interrupt, const std::string& path, const Source& source) {
  if (interrupt.vector == 0) source.fail(path + ".vector", "nothing", "the processor's vector");
  if (source.has(path + ".processor"))
    source.fail(path + ".processor", std::to_string(interrupt.processor), "apic_id for local APICs");
}

/// A processor's APIC ID has 8 bits, or 32 where the unit knows so many; a virtual processor needs a unit that posts.
void check_target(const Description& description, const InterruptDescription& interrupt, const FunctionPlace& device,
                  const std::string& path, const Source& source) {
  const IommuDescription* iommu = iommu_of(description, device);
  const bool extended = iommu != nullptr && has_extended_destinations(*iommu);
  if (!extended && interrupt.apic_id > last_short_apic_id)
    source.fail(path + ".apic_id", std::to_string(interrupt.apic_id),
                "at most 255: no IOMMU above '" + interrupt.device + "' has extended_interrupt_mode");
  if (interrupt.virtual_processor.empty()) return;
  std::vector<std::string_view> names;
  for (const VirtualProcessorDescription& processor : description.virtual_processors) {
    if (processor.name == interrupt.virtual_processor) {
      if (iommu != nullptr && posts_interrupts(*iommu)) return;
      source.fail(path + ".virtual_processor", "'" + interrupt.virtual_processor + "'",
                  "an apic_id: no IOMMU above '" + interrupt.device + "' has posted_interrupts");
    }
    names.emplace_back(processor.name);
  }
  source.fail(path + ".virtual_processor", "'" + interrupt.virtual_processor + "'",
              names.empty() ? "none (software.virtual_processors is empty)"
                            : "a virtual processor: " + suggest_word(interrupt.virtual_processor, names));
}

/// Descriptors are 64 bytes of memory each.
void validate_virtual_processors(const Description& description, const Source& source) {
  const auto& processors = description.virtual_processors;
  for (std::size_t i = 0; i < processors.size(); ++i) {
    const std::string path = item_path("software.virtual_processors", processors[i].name);
    const Range<PhysAddr> range{processors[i].descriptor, processors[i].descriptor + (descriptor_size - 1)};
    const bool in_memory = std::any_of(description.memories.begin(), description.memories.end(),
                                       [&range](const auto& memory) { return memory.range.contains(range); });
    if (!in_memory) source.fail(path + ".descriptor", format_hex(range.first.value()), "64 bytes of memory");
    for (std::size_t other = 0; other < i; ++other) {
      if (processors[other].name == processors[i].name)
        source.fail(path + ".name", "'" + processors[i].name + "' a second time", "every name once");
      if (processors[other].descriptor == processors[i].descriptor)
        source.fail(path + ".descriptor", "the descriptor of '" + processors[other].name + "'", "one of its own");
    }
  }
}

}  // namespace

void validate_interrupts(const Description& description, const Source& source) {
  validate_virtual_processors(description, source);
  const std::vector<FunctionPlace> functions = all_functions(description);
  std::map<std::string, std::map<unsigned, const InterruptDescription*>> programmed;
  for (std::size_t i = 0; i < description.interrupts.size(); ++i) {
    const InterruptDescription& interrupt = description.interrupts[i];
    const std::string path = "software.interrupts." + std::to_string(i);
    const FunctionPlace& device = require_device(functions, interrupt.device, path + ".device", source);
    const unsigned vectors = vectors_of(*device.function);
    if (vectors == 0)
      source.fail(path + ".device", "'" + interrupt.device + "', which has neither msi nor msix",
                  "a device that can signal an interrupt");
    if (interrupt.index >= vectors)
      source.fail(path + ".index", std::to_string(interrupt.index),
                  "an index below " + std::to_string(vectors) + ", the vectors of '" + interrupt.device + "'");
    const auto doorbell = device.bridge->doorbell;
    if (!doorbell) source.fail(path, "an interrupt", "none on a platform with local_apic: false and no gic");
    const bool is_gic = *doorbell != DoorbellKind::local_apic;
    if (is_gic) {
      check_gic_target(description, *doorbell, interrupt, path, source);
    } else {
      check_vector(interrupt, path, source);
      check_target(description, interrupt, device, path, source);
    }
    auto& of_device = programmed[interrupt.device];
    if (!of_device.emplace(interrupt.index, &interrupt).second)
      source.fail(path + ".index", std::to_string(interrupt.index) + " a second time", "every index once");
    // Remapped messages differ by the subhandle, whatever they become.
    const IommuDescription* iommu = iommu_of(description, device);
    if (!is_gic && (iommu == nullptr || !remaps_interrupts(*iommu)))
      check_msi_block(*device.function, interrupt, *of_device.begin()->second, path, source);
  }
}

}  // namespace iommusim::platforms
