// SPDX-License-Identifier: Apache-2.0
#include "software/reserved_regions.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace iommusim::software {
namespace {

constexpr std::uint32_t display_class = 0x03;
constexpr std::uint32_t usb_class = 0x0C03;
constexpr std::uint32_t isa_bridge_class = 0x0601;
/// What the ISA DMA of a floppy controller can reach.
constexpr Range<Iova> isa_memory{Iova{0}, Iova{0xFF'FFFF}};

bool comes_before(const ReservedRegion& a, const ReservedRegion& b) {
  return std::make_tuple(a.range.first, a.type) < std::make_tuple(b.range.first, b.type);
}

/// `next` begins in `region` or right behind it. Behind a region that ends at 2^64 - 1 that address wraps to 0, in
/// Linux as here: two regions that both end there stay two.
bool touches(const ReservedRegion& region, const ReservedRegion& next) {
  return next.range.first <= region.range.last + 1;
}

}  // namespace

std::string_view to_string(ReservedType type) {
  switch (type) {
    case ReservedType::direct: return "direct";
    case ReservedType::direct_relaxable: return "direct-relaxable";
    case ReservedType::reserved: return "reserved";
    case ReservedType::msi:
    case ReservedType::software_msi: return "msi";
  }
  return "?";
}

std::string sysfs_line(const ReservedRegion& region) {
  return fmt::format("0x{:016x} 0x{:016x} {}", region.range.first.value(), region.range.last.value(),
                     to_string(region.type));
}

void ReservedRegions::insert(const ReservedRegion& region) {
  regions_.insert(std::upper_bound(regions_.begin(), regions_.end(), region, comes_before), region);
  std::vector<ReservedRegion> merged;
  for (const ReservedRegion& next : regions_) {
    const auto previous = std::find_if(merged.rbegin(), merged.rend(),
                                       [&next](const ReservedRegion& other) { return other.type == next.type; });
    const bool joins = next.type == region.type && previous != merged.rend() && touches(*previous, next);
    if (joins)
      previous->range.last = std::max(previous->range.last, next.range.last);
    else
      merged.push_back(next);
  }
  regions_ = std::move(merged);
}

void ReservedRegions::insert_all(const ReservedRegions& others) {
  for (const ReservedRegion& region : others)
    insert(region);
}

ReservedRegions vtd_reserved_regions(const ReportedDevice& device, FloppyWorkaround floppy) {
  // Firmware uses these only until a driver takes over.
  const bool relaxable = device.class_code >> 16 == display_class || device.class_code >> 8 == usb_class;
  ReservedRegions regions;
  for (const Range<Iova>& range : device.firmware_ranges)
    regions.insert({range, relaxable ? ReservedType::direct_relaxable : ReservedType::direct});
  if (floppy == FloppyWorkaround::on && device.class_code >> 8 == isa_bridge_class)
    regions.insert({isa_memory, ReservedType::direct_relaxable});
  regions.insert({x86_msi_window, ReservedType::msi});
  return regions;
}

ReservedRegions arm_reserved_regions(const ReportedDevice& device, const Range<Iova>& msi_window) {
  ReservedRegions regions;
  for (const Range<Iova>& range : device.firmware_ranges)
    regions.insert({range, ReservedType::direct});
  for (const Range<Iova>& range : device.remappable_ranges)
    regions.insert({range, ReservedType::direct_relaxable});
  regions.insert({msi_window, ReservedType::software_msi});
  return regions;
}

}  // namespace iommusim::software
