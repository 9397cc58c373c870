// SPDX-License-Identifier: Apache-2.0
// IOMMUs of a platform as its file describes them, with what firmware tells of them.
#pragma once

#include "base/range.h"
#include "base/requester_id.h"
#include "iommu/smmuv3/config.h"
#include "iommu/vtd/config.h"
#include "platforms/gic_description.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace iommusim::platforms {

/// A Reserved Memory Region of the DMAR or IORT table: memory that firmware uses with these devices.
struct RmrrDescription {
  Range<PhysAddr> range;
  std::vector<std::string> devices;
  /// Firmware permits that software maps it elsewhere (IORT 3.1.1.5, revision E.d, flags bit 0). Never of an RMRR.
  bool remappable = false;
};

/// A device that ACPI names and no PCI bus holds (ANDD of the DMAR table).
struct NamespaceDeviceDescription {
  /// "\\_SB.I2C0".
  std::string object;
  std::uint8_t number = 0;
  /// What its requests carry.
  RequesterId id;
};

/// Architectures. Whoever has to tell them apart does it in a switch over these.
enum class IommuKind : std::uint8_t { vtd, smmuv3 };

struct IommuDescription {
  std::string name;
  /// What the unit is built as; of several members the one that `kind` says counts.
  vtd::UnitConfig vtd = {};
  smmuv3::UnitConfig smmuv3 = {};
  std::vector<RmrrDescription> rmrrs = {};
  /// Functions on root buses whose requests, with those of all below them, pass this unit. Empty: those of the host
  /// bridges that name the unit.
  std::vector<std::string> scope = {};
  /// Of the DMAR table's RHSA structure: the proximity domain that the unit belongs to.
  std::optional<std::uint32_t> proximity_domain = {};
  /// ACPI namespace devices that send requests through the unit.
  std::vector<NamespaceDeviceDescription> namespace_devices = {};
  /// SMMUv3: devices whose transactions may wait while software makes a page.
  std::vector<std::string> stalling = {};
  /// SMMUv3: where its own interrupts go as messages; nullopt: they stay on their wires.
  std::optional<DoorbellKind> doorbell = {};
  /// DeviceID of these messages, where an ITS takes them.
  std::optional<std::uint32_t> device_id = {};
  IommuKind kind = IommuKind::vtd;
};

}  // namespace iommusim::platforms
