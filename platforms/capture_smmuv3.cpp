// SPDX-License-Identifier: Apache-2.0
// Captures of SMMUv3 units.
#include "base/input_error.h"
#include "iommu/smmuv3/registers.h"
#include "iommu/smmuv3/unit.h"
#include "platforms/capture_kinds.h"
#include "platforms/captured_memory.h"
#include "platforms/captured_smmuv3_config.h"

#include <utility>

namespace iommusim::platforms {
namespace {

SmmuIdRegisters id_registers(const CapturedRegisters& registers) {
  const auto value = [&](const char* name) { return static_cast<std::uint32_t>(registers.need(name).value); };
  const CapturedRegister* iidr = registers.find("IIDR");
  const CapturedRegister* aidr = registers.find("AIDR");
  return {value("IDR0"),
          value("IDR1"),
          value("IDR3"),
          value("IDR5"),
          aidr == nullptr ? 0 : static_cast<std::uint32_t>(aidr->value),
          iidr == nullptr ? 0 : static_cast<std::uint32_t>(iidr->value)};
}

/// Empty: the captured commands have been carried out, up to where CMDQ_CONS stands.
void restore_command_queue(const CapturedRegisters& registers, smmuv3::Unit& unit) {
  const CapturedRegister* consumer = registers.find("CMDQ_CONS");
  const CapturedRegister* producer = registers.find("CMDQ_PROD");
  if (consumer == nullptr || producer == nullptr) return;
  const std::uint64_t index = consumer->value & smmuv3::CommandQueueConsumer::RD::mask;
  unit.write_register(producer->offset, producer->width, index);
  unit.write_register(consumer->offset, consumer->width, index);
}

/// A write of GBPA counts with Update only (SMMUv3 architecture, 6.3.15).
void restore_bypass(const CapturedRegisters& registers, smmuv3::Unit& unit) {
  const CapturedRegister* captured = registers.find("GBPA");
  if (captured == nullptr) return;
  smmuv3::GlobalBypassAttribute bypass{captured->value};
  bypass.set<smmuv3::GlobalBypassAttribute::Update>(true);
  unit.write_register(captured->offset, captured->width, bypass.raw());
}

/// In the order of a driver: what the enable bits of CR0 guard comes before them.
void restore(const CapturedRegisters& registers, smmuv3::Unit& unit) {
  for (const char* name : {"CR1",
                           "CR2",
                           "STRTAB_BASE",
                           "STRTAB_BASE_CFG",
                           "CMDQ_BASE",
                           "EVENTQ_BASE",
                           "EVENTQ_PROD",
                           "EVENTQ_CONS",
                           "PRIQ_BASE",
                           "PRIQ_PROD",
                           "PRIQ_CONS",
                           "GERROR_IRQ_CFG0",
                           "GERROR_IRQ_CFG1",
                           "GERROR_IRQ_CFG2",
                           "EVENTQ_IRQ_CFG0",
                           "EVENTQ_IRQ_CFG1",
                           "EVENTQ_IRQ_CFG2",
                           "PRIQ_IRQ_CFG0",
                           "PRIQ_IRQ_CFG1",
                           "PRIQ_IRQ_CFG2",
                           "IRQ_CTRL"})
    restore_register(registers, name, unit);
  restore_command_queue(registers, unit);
  restore_bypass(registers, unit);
  restore_register(registers, "CR0", unit);
}

}  // namespace

Capture load_smmuv3_capture(const CapturedRegisters& registers, const std::filesystem::path& folder) {
  static_cast<void>(registers.need("CR0"));
  CapturedSmmuConfig captured = config_from_id_registers(id_registers(registers));
  captured.config.register_base = registers.base;
  for (const ConfigFinding& finding : smmuv3::find_impossible(captured.config))
    throw InputError({registers.file}, "the ID registers are illegal: " + to_string(finding));
  Capture capture;
  capture.unsupported = std::move(captured.unsupported);
  capture.memory = read_captured_memory(folder);
  auto unit = std::make_unique<smmuv3::Unit>(captured.config, *capture.memory);
  restore(registers, *unit);
  capture.unit = std::move(unit);
  return capture;
}

}  // namespace iommusim::platforms
