// SPDX-License-Identifier: Apache-2.0
// A VT-d invalidation queue as software uses it (VT-d sheet 1.14 and 5.1).
#pragma once

#include "memory/physical_bus.h"
#include "support/vtd_registers.h"

#include <cstdint>

namespace iommusim::tests {

using Descriptor = Word<128>;
/// With IQA.DW=1.
using WideDescriptor = Word<256>;

struct ContextCacheDescriptor : Descriptor {
  using Descriptor::Descriptor;
  static constexpr std::uint64_t type = 1;
  struct G : Field<5, 4, Granularity> {};
  struct DID : Field<31, 16> {};
  struct SID : Field<47, 32> {};
  struct FM : Field<49, 48> {};
};

struct IotlbDescriptor : Descriptor {
  using Descriptor::Descriptor;
  static constexpr std::uint64_t type = 2;
  struct G : Field<5, 4, Granularity> {};
  struct DID : Field<31, 16> {};
  struct AM : Field<69, 64> {};
  struct IH : Field<70, 70> {};
  struct ADDR : Field<127, 76> {};
};

struct DeviceTlbDescriptor : Descriptor {
  using Descriptor::Descriptor;
  static constexpr std::uint64_t type = 3;
  struct MIP : Field<20, 16> {};
  struct SID : Field<47, 32> {};
  struct S : Field<64, 64> {};
  struct ADDR : Field<127, 76> {};
};

struct PasidDeviceTlbDescriptor : WideDescriptor {
  using WideDescriptor::WideDescriptor;
  static constexpr std::uint64_t type = 8;
  struct SID : Field<31, 16> {};
  struct PASID : Field<51, 32> {};
  struct G : Field<64, 64> {};
  struct S : Field<75, 75> {};
  struct ADDR : Field<127, 76> {};
};

struct PageGroupResponseDescriptor : WideDescriptor {
  using WideDescriptor::WideDescriptor;
  static constexpr std::uint64_t type = 9;
  struct PP : Field<4, 4> {};
  struct RC : Field<15, 12> {};
  struct RID : Field<31, 16> {};
  struct PASID : Field<51, 32> {};
  struct PRGI : Field<75, 67> {};
};

struct WaitDescriptor : Descriptor {
  using Descriptor::Descriptor;
  static constexpr std::uint64_t type = 5;
  struct IF : Field<4, 4> {};
  struct SW : Field<5, 5> {};
  struct FN : Field<6, 6> {};
  struct PD : Field<7, 7> {};
  struct STDATA : Field<63, 32> {};
  struct STADDR : Field<127, 66> {};
};

/// A descriptor of the kind with nothing but its type set.
template <class Kind>
Kind descriptor() {
  Kind result;
  result.set_word(0, Kind::type);
  return result;
}

ContextCacheDescriptor invalidate_context(Granularity granularity);
IotlbDescriptor invalidate_iotlb(Granularity granularity, std::uint16_t domain = 0);
IotlbDescriptor invalidate_pages(std::uint16_t domain, Iova address, unsigned address_mask);
/// dev_tlb_inv_dsc for the 4 KiB page of `address`.
DeviceTlbDescriptor invalidate_device_tlb(RequesterId device, Iova address);
/// Writes `data` to `address` when everything before it is done.
WaitDescriptor wait_with_status(PhysAddr address, std::uint32_t data);

/// Writes descriptors and moves IQT; remembers where the tail is.
class VtdQueue {
 public:
  VtdQueue(VtdRegisters& registers, memory::PhysicalBus& memory, PhysAddr base)
      : registers_{registers}, memory_{memory}, base_{base} {}

  /// IQT, IQA and QIE; the queue has 256 << `size_order` entries.
  void enable(unsigned size_order = 0);
  /// The same with descriptors of 256 bits: half as many.
  void enable_wide(unsigned size_order = 0);
  /// Puts a descriptor at the tail without telling the unit. In a wide queue its upper half is 0.
  void append(const Descriptor& descriptor) { append(widened(descriptor)); }
  void append(const WideDescriptor& descriptor);
  /// Tells the unit of all that was appended.
  void ring() { registers_.write32(offset::iqt, tail_); }
  void submit(const Descriptor& descriptor) { submit(widened(descriptor)); }
  void submit(const WideDescriptor& descriptor) {
    append(descriptor);
    ring();
  }
  /// Overwrites the descriptor in slot `slot`.
  void replace(unsigned slot, const Descriptor& descriptor) { replace(slot, widened(descriptor)); }
  void replace(unsigned slot, const WideDescriptor& descriptor);
  /// Byte offset of the next free slot: what IQT holds after ring().
  std::uint32_t tail() const { return tail_; }

 private:
  static WideDescriptor widened(const Descriptor& descriptor) {
    return WideDescriptor{{descriptor.word(0), descriptor.word(1), 0, 0}};
  }
  void enable(std::uint64_t address_bits, unsigned size_order);

  VtdRegisters& registers_;
  memory::PhysicalBus& memory_;
  PhysAddr base_;
  unsigned width_ = 16;
  std::uint32_t bytes_ = 0x1000;
  std::uint32_t tail_ = 0;
};

}  // namespace iommusim::tests
