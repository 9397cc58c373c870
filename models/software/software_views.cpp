// SPDX-License-Identifier: Apache-2.0
#include "software/software_views.h"

#include "base/address_width.h"

#include <algorithm>

namespace iommusim::software {
namespace {

constexpr Iova last_address = last_of_width<Iova>(64);

/// The allocator works in pages: a page that is touched is lost whole.
void reserve_pages(AddressSet& set, const Range<Iova>& range) {
  set.remove({range.first.aligned_down(page_4k), range.last.aligned_down(page_4k) + (page_4k - 1)});
}

/// Holes between the inbound windows. Each hole is reserved up to and including the page in which the next window
/// begins, so that page is lost. False: windows overlap, and Linux gives up.
bool reserve_inbound_holes(AddressSet& set, std::vector<Range<Iova>> windows) {
  if (windows.empty()) return true;
  std::sort(windows.begin(), windows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Iova hole{0};
  for (const Range<Iova>& window : windows) {
    if (window.first < hole) return false;
    if (hole < window.first) reserve_pages(set, {hole, window.first});
    hole = window.last + 1;
  }
  if (windows.back().last != last_address) reserve_pages(set, {hole, last_address});
  return true;
}

AddressSet dma_api_view(const AddressingFacts& facts) {
  AddressSet usable;
  // Page 0 is never given out: an I/O virtual address of 0 means failure.
  usable.add({Iova{page_4k}, std::min(last_of_width<Iova>(facts.domain_bits), last_of_width<Iova>(facts.device_bits))});
  for (const Range<Iova>& window : facts.outbound)
    reserve_pages(usable, window);
  if (!reserve_inbound_holes(usable, facts.inbound)) return {};
  for (const ReservedRegion& region : facts.first_of_group)
    // The DMA API itself manages translated doorbells, wherever there is room.
    if (region.type != ReservedType::software_msi) reserve_pages(usable, region.range);
  return usable;
}

/// One window for doorbells at most, and none beside one of the hardware.
bool iommufd_accepts(const ReservedRegions& regions) {
  const auto count = [&regions](ReservedType type) {
    return std::count_if(regions.begin(), regions.end(), [type](const auto& region) { return region.type == type; });
  };
  const auto software = count(ReservedType::software_msi);
  return software == 0 || (software == 1 && count(ReservedType::msi) == 0);
}

}  // namespace

AddressSet usable_by_users(const ReservedRegions& regions, unsigned domain_bits) {
  AddressSet usable;
  usable.add({Iova{0}, last_of_width<Iova>(domain_bits)});
  for (const ReservedRegion& region : regions)
    if (region.type != ReservedType::direct_relaxable) usable.remove(region.range);
  return usable;
}

SoftwareViews views_behind_iommu(const AddressingFacts& facts) {
  SoftwareViews views;
  views.dma_api = dma_api_view(facts);
  views.vfio = usable_by_users(facts.group, facts.domain_bits);
  if (iommufd_accepts(facts.own)) views.iommufd = usable_by_users(facts.own, facts.domain_bits);
  return views;
}

SoftwareViews views_without_translation(const DirectFacts& facts) {
  SoftwareViews views;
  const Range<Iova> reach{Iova{0}, last_of_width<Iova>(facts.device_bits)};
  for (const Range<Iova>& memory : facts.memory)
    if (const auto part = memory.intersection(reach)) views.dma_api.add(*part);
  return views;
}

}  // namespace iommusim::software
