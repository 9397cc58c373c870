// SPDX-License-Identifier: Apache-2.0
// An SMMUv3's registers as a driver reaches them: by loads and stores.
#pragma once

#include "iommu/smmuv3/id_registers.h"
#include "iommu/smmuv3/register_map.h"
#include "iommu/smmuv3/registers.h"
#include "iommu/smmuv3/table_geometry.h"
#include "software/cpu_bus.h"

#include <cstdint>
#include <string>

namespace iommusim::software {

/// The bus must outlive it.
class Smmuv3Registers {
 public:
  /// Reads the ID registers. Throws DriverError when no unit answers at `base`, register page 0.
  /// `max_polls`: how often a status is read before the driver gives the hardware up.
  Smmuv3Registers(CpuBus& bus, PhysAddr base, unsigned max_polls);

  const smmuv3::Idr0& idr0() const { return idr0_; }
  const smmuv3::Idr1& idr1() const { return idr1_; }
  const smmuv3::Idr3& idr3() const { return idr3_; }
  const smmuv3::Idr5& idr5() const { return idr5_; }
  /// OAS in bits.
  unsigned output_bits() const;
  bool has_granule(smmuv3::Granule granule) const;

  CpuBus& bus() const { return bus_; }

  /// One load or store as wide as W.
  template <class W>
  W read(smmuv3::RegisterId id) const {
    return W{W::bytes == 4 ? bus_.load32(address_of(id)) : bus_.load64(address_of(id))};
  }
  template <class W>
  void write(smmuv3::RegisterId id, const W& value) {
    if (W::bytes == 4)
      bus_.store32(address_of(id), static_cast<std::uint32_t>(value.raw()));
    else
      bus_.store64(address_of(id), value.raw());
  }

  /// CR0 or IRQ_CTRL: waits until the acknowledging register is what was written.
  template <class W>
  void update(smmuv3::RegisterId id, smmuv3::RegisterId acknowledgement, const W& value, const std::string& what) {
    write(id, value);
    poll(what, [&] { return read<W>(acknowledgement) == value; });
  }

  /// Calls done() until it is true. Throws DriverError "the SMMU at ... did not <what>".
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
  /// Throws DriverError "the SMMU at ... <what>".
  [[noreturn]] void fail(const std::string& what) const;

 private:
  PhysAddr address_of(smmuv3::RegisterId id) const;

  CpuBus& bus_;
  PhysAddr base_;
  unsigned max_polls_;
  smmuv3::Idr0 idr0_;
  smmuv3::Idr1 idr1_;
  smmuv3::Idr3 idr3_;
  smmuv3::Idr5 idr5_;
};

}  // namespace iommusim::software
