// SPDX-License-Identifier: Apache-2.0
// What software of a platform sets up, as its file describes it.
#pragma once

#include "base/input_error.h"
#include "base/quantity.h"
#include "base/range.h"
#include "software/domain.h"
#include "software/permissions.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::platforms {

/// A piece of memory that software gives to devices.
struct BufferDescription {
  std::string name;
  Range<PhysAddr> range;
};

enum class DomainType : std::uint8_t { identity, dma, unmanaged, blocked };

/// What becomes of the memory that firmware uses with the devices of a user's domain.
enum class ReservedMemory : std::uint8_t {
  /// The domain holds what its user mapped and nothing else.
  ignored,
  /// It stays mapped one to one, whatever the user has at its addresses.
  kept,
};

using software::Permissions;

/// A BAR that the file names instead of an address: "gpu0.2".
struct BarReference {
  std::string device;
  unsigned index = 0;
  std::uint64_t offset = 0;
};

/// Software maps `iova` to `physical` (both page-aligned, `size` bytes, a multiple of 4 KiB).
struct MappingDescription {
  Iova iova;
  PhysAddr physical;
  std::uint64_t size = 0;
  Permissions permissions;
  /// Index into Description::buffers, or nullopt when `physical` was given as a number.
  std::optional<std::size_t> buffer;
  SourcePosition position;
  /// Not mapped from the beginning: software maps a page when a device asks for it.
  bool on_demand = false;
  /// `physical` was given by this; the loader looks up where the BAR is.
  std::optional<BarReference> bar = {};
};

struct DomainDescription {
  std::string name;
  DomainType type = DomainType::dma;
  /// Page-table depth (3, 4 or 5); 0: the deepest that the IOMMU supports.
  unsigned levels = 0;
  /// Of its tables. The file may leave it to the IOMMU's kind.
  software::Stage stage = software::Stage::second;
  bool stage_is_given = false;
  /// Nested: the first-stage tables are a guest's, in this memory.
  std::optional<Range<PhysAddr>> guest_memory;
  ReservedMemory reserved_memory = ReservedMemory::ignored;
  /// Of type dma: where software maps the page with a GIC's doorbell; nullopt: the highest page that is free.
  std::optional<Iova> doorbell_iova = std::nullopt;
  std::vector<std::string> devices;
  std::vector<MappingDescription> mappings;
};

/// A virtual processor with a posted interrupt descriptor.
struct VirtualProcessorDescription {
  std::string name;
  /// 64 bytes of memory.
  PhysAddr descriptor;
  /// Vector and processor of the notification.
  std::uint8_t notification = 0;
  std::uint32_t apic_id = 0;
  /// It does not run: SN is set.
  bool suppressed = false;
  /// From a notification until its processor has taken over what the descriptor holds, and cleared ON. nullopt: the
  /// trace does that.
  std::optional<Duration> handler = std::nullopt;
};

/// Software programs vector `index` of `device` to interrupt `apic_id`, or a virtual processor, with `vector`. Of a GIC
/// it is the driver that chooses the INTID.
struct InterruptDescription {
  std::string device;
  unsigned index = 0;
  /// 0: not given.
  std::uint8_t vector = 0;
  /// Of an LPI.
  std::uint32_t processor = 0;
  std::uint32_t apic_id = 0;
  /// By name; empty: `apic_id` is meant.
  std::string virtual_processor = {};
  bool urgent = false;
};

/// Which requester ID software asks the firmware's tables for when it wants the DeviceID of a function.
enum class MessageId : std::uint8_t {
  /// The last that its requests may arrive with: that of the bridge above a conventional PCI function.
  alias,
  /// The function's own.
  own,
};

}  // namespace iommusim::platforms
