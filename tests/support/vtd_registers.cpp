// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_registers.h"

namespace iommusim::tests {

void VtdRegisters::set_root(PhysAddr root, unsigned mode) {
  write64(offset::rtaddr, root.value() | (std::uint64_t{mode} << 10));
  command(global::srtp);
}

ContextCommand VtdRegisters::run(ContextCommand command) {
  command.set<ContextCommand::ICC>(1);
  write64(offset::ccmd, command.raw());
  return ContextCommand{read64(offset::ccmd)};
}

IotlbCommand VtdRegisters::run(IotlbCommand command, InvalidateAddress address) {
  write64(iotlb_offset(), address.raw());
  command.set<IotlbCommand::IVT>(1);
  write64(iotlb_offset() + 8, command.raw());
  return IotlbCommand{read64(iotlb_offset() + 8)};
}

void VtdRegisters::invalidate_everything() {
  ContextCommand context;
  context.set<ContextCommand::CIRG>(Granularity::global);
  run(context);
  IotlbCommand iotlb;
  iotlb.set<IotlbCommand::IIRG>(Granularity::global);
  run(iotlb);
}

void VtdRegisters::program_event(std::uint64_t control, std::uint32_t address, std::uint32_t data) {
  write32(control + 4, data);
  write32(control + 8, address);
  write32(control, 0);
}

std::uint64_t VtdRegisters::fault_record_offset(unsigned index) const {
  return ((read64(offset::cap) >> 24) & 0x3FF) * 16 + std::uint64_t{index} * 16;
}

FaultRecord VtdRegisters::fault_record(unsigned index) const {
  const std::uint64_t at = fault_record_offset(index);
  return FaultRecord{{read64(at), read64(at + 8)}};
}

void VtdRegisters::clear_fault_record(unsigned index) {
  write32(fault_record_offset(index) + 12, 0x8000'0000);
}

std::uint64_t VtdRegisters::iotlb_offset() const {
  return ((read64(offset::ecap) >> 8) & 0x3FF) * 16;
}

}  // namespace iommusim::tests
