// SPDX-License-Identifier: Apache-2.0
#include "software/remapping_registers.h"

#include "base/quantity.h"
#include "software/driver_error.h"

namespace iommusim::software {

using vtd::Capability;
using vtd::ExtendedCapability;
using vtd::GlobalCommand;
using vtd::GlobalStatus;
using vtd::RegisterBase;
using vtd::RegisterId;

RemappingRegisters::RemappingRegisters(CpuBus& bus, PhysAddr base, unsigned max_polls)
    : bus_{bus}, base_{base}, max_polls_{max_polls} {
  capability_ = read<Capability>(RegisterId::cap);
  extended_capability_ = read<ExtendedCapability>(RegisterId::ecap);
  const std::uint64_t absent = ~std::uint64_t{0};
  if (capability_.raw() == absent && extended_capability_.raw() == absent) fail("does not answer");
}

PhysAddr RemappingRegisters::address_of(RegisterId id) const {
  const vtd::RegisterSpec& spec = vtd::register_table[static_cast<std::size_t>(id)];
  switch (spec.base) {
    case RegisterBase::block: return base_ + spec.offset;
    case RegisterBase::iotlb: return base_ + extended_capability_.get<ExtendedCapability::IRO>() * 16 + spec.offset;
    case RegisterBase::fault_record: break;
  }
  return fault_record(0) + spec.offset;
}

PhysAddr RemappingRegisters::fault_record(unsigned index) const {
  return base_ + capability_.get<Capability::FRO>() * 16 + index * vtd::FaultRecord::bytes;
}

void RemappingRegisters::fail(const std::string& what) const {
  throw DriverError("the remapping unit at " + format_hex(base_.value()) + " " + what);
}

void RemappingRegisters::flush_write_buffer() {
  if (!capability_.get<Capability::RWBF>()) return;
  GlobalCommand next = standing_command();
  next.set<GlobalCommand::WBF>(true);
  write(RegisterId::gcmd, next);
  poll("finish flushing its write buffer",
       [&] { return !read<GlobalStatus>(RegisterId::gsts).get<GlobalStatus::WBFS>(); });
}

GlobalCommand RemappingRegisters::standing_command() const {
  GlobalCommand standing{read<GlobalStatus>(RegisterId::gsts).raw()};
  standing.set<GlobalCommand::SRTP>(false);
  standing.set<GlobalCommand::SFL>(false);
  standing.set<GlobalCommand::WBF>(false);
  standing.set<GlobalCommand::SIRTP>(false);
  return standing;
}

}  // namespace iommusim::software
