// SPDX-License-Identifier: Apache-2.0
// Addresses that IOMMU drivers ask Linux to keep devices from, and the sysfs file that shows them (reference
// linux-iommu-policy 1 and 2).
#pragma once

#include "base/address.h"
#include "base/range.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace iommusim::software {

/// In the order that sorts regions with the same start.
enum class ReservedType : std::uint8_t {
  /// Must be mapped one to one while the device may send DMA.
  direct,
  /// As direct, but users of whole devices may ignore it.
  direct_relaxable,
  reserved,
  /// The interrupt window of the hardware, not translated.
  msi,
  /// A window that software uses for translated doorbells.
  software_msi,
};

/// The word of the sysfs file: both kinds of MSI window have the same.
std::string_view to_string(ReservedType type);

struct ReservedRegion {
  Range<Iova> range;
  ReservedType type = ReservedType::reserved;

  friend bool operator==(const ReservedRegion& a, const ReservedRegion& b) {
    return a.range == b.range && a.type == b.type;
  }
};

/// "0x00000000fee00000 0x00000000feefffff msi": the last address is inclusive.
std::string sysfs_line(const ReservedRegion& region);

/// A list as Linux keeps it since 2019: sorted by start, then type. Regions of one type that overlap or touch become
/// one; regions of different types never change one another.
class ReservedRegions {
 public:
  void insert(const ReservedRegion& region);
  void insert_all(const ReservedRegions& others);

  auto begin() const { return regions_.begin(); }
  auto end() const { return regions_.end(); }
  std::size_t size() const { return regions_.size(); }

 private:
  std::vector<ReservedRegion> regions_;
};

/// What a driver knows of a device when it reports.
struct ReportedDevice {
  std::uint32_t class_code = 0;
  /// RMRRs whose scope has the device or a bridge above it: what firmware uses with the device until the operating
  /// system takes over, and maybe longer.
  std::vector<Range<Iova>> firmware_ranges = {};
  /// RMRs that firmware permits to be mapped elsewhere.
  std::vector<Range<Iova>> remappable_ranges = {};
};

constexpr Range<Iova> x86_msi_window{Iova{0xFEE0'0000}, Iova{0xFEEF'FFFF}};
constexpr Range<Iova> arm_software_msi_window{Iova{0x0800'0000}, Iova{0x080F'FFFF}};

/// What Linux is built with.
enum class FloppyWorkaround : bool { off, on };

/// The Intel driver.
ReservedRegions vtd_reserved_regions(const ReportedDevice& device, FloppyWorkaround floppy = FloppyWorkaround::on);
/// The Arm SMMU drivers, where firmware describes no hardware MSI window.
ReservedRegions arm_reserved_regions(const ReportedDevice& device,
                                     const Range<Iova>& msi_window = arm_software_msi_window);

}  // namespace iommusim::software
