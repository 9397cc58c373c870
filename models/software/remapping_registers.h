// SPDX-License-Identifier: Apache-2.0
// A VT-d unit's registers as a driver reaches them: by loads and stores, at the offsets that the unit
// reports.
#pragma once

#include "iommu/vtd/capabilities.h"
#include "iommu/vtd/register_map.h"
#include "iommu/vtd/registers.h"
#include "software/cpu_bus.h"

#include <cstdint>
#include <string>

namespace iommusim::software {

/// The bus must outlive it.
class RemappingRegisters {
 public:
  /// Reads CAP and ECAP. Throws DriverError when no unit answers at `base`.
  /// `max_polls`: how often a status is read before the driver gives the hardware up.
  RemappingRegisters(CpuBus& bus, PhysAddr base, unsigned max_polls);

  const vtd::Capability& capability() const { return capability_; }
  const vtd::ExtendedCapability& extended_capability() const { return extended_capability_; }
  CpuBus& bus() const { return bus_; }
  PhysAddr address_of(vtd::RegisterId id) const;
  /// Where fault record `index` lies.
  PhysAddr fault_record(unsigned index) const;

  /// One load or store as wide as W.
  template <class W>
  W read(vtd::RegisterId id) const {
    return W{W::bytes == 4 ? bus_.load32(address_of(id)) : bus_.load64(address_of(id))};
  }
  template <class W>
  void write(vtd::RegisterId id, const W& value) {
    if (W::bytes == 4)
      bus_.store32(address_of(id), static_cast<std::uint32_t>(value.raw()));
    else
      bus_.store64(address_of(id), value.raw());
  }

  /// Calls done() until it is true. Throws DriverError "the remapping unit at ... did not <what>".
  template <class Done>
  void poll(const std::string& what, Done done) const {
    if (!wait(done)) fail("did not " + what);
  }
  /// The same; false: it never was.
  template <class Done>
  bool wait(Done done) const {
    for (unsigned n = 0; n < max_polls_; ++n)
      if (done()) return true;
    return false;
  }
  /// Throws DriverError "the remapping unit at ... <what>".
  [[noreturn]] void fail(const std::string& what) const;

  /// Changes one level bit of GCMD, or sets a one-shot bit, and waits until GSTS follows. One field at a
  /// time, as 11.4.4 asks.
  template <class CommandBit, class StatusBit>
  void command(bool value, const std::string& what) {
    vtd::GlobalCommand next = standing_command();
    next.set<CommandBit>(value);
    write(vtd::RegisterId::gcmd, next);
    poll(what, [&] { return read<vtd::GlobalStatus>(vtd::RegisterId::gsts).template get<StatusBit>() == value; });
  }
  /// GCMD.WBF where CAP.RWBF asks for it; its status falls when the flush is done.
  void flush_write_buffer();

 private:
  /// The level bits as they stand, without the one-shot bits.
  vtd::GlobalCommand standing_command() const;

  CpuBus& bus_;
  PhysAddr base_;
  unsigned max_polls_;
  vtd::Capability capability_;
  vtd::ExtendedCapability extended_capability_;
};

}  // namespace iommusim::software
