// SPDX-License-Identifier: Apache-2.0
// Oracle: the statements on software policy of docs/compliance.md.
#include "software/software_views.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::software;

namespace {

Range<Iova> range(std::uint64_t first, std::uint64_t last) {
  return {Iova{first}, Iova{last}};
}

AddressingFacts intel_nic() {
  AddressingFacts facts;
  facts.own = vtd_reserved_regions({0x02'0000, {}});
  facts.group = facts.own;
  facts.first_of_group = facts.own;
  facts.outbound = {range(0xC000'0000, 0xFEBF'FFFF)};
  return facts;
}

AddressingFacts stingray() {
  AddressingFacts facts;
  facts.own = arm_reserved_regions({0x02'0000, {}});
  facts.group = facts.own;
  facts.first_of_group = facts.own;
  facts.inbound = {range(0x8000'0000, 0xFFFF'FFFF), range(0x8'0000'0000, 0xF'FFFF'FFFF),
                   range(0x80'0000'0000, 0xBF'FFFF'FFFF)};
  return facts;
}

void check_usable(const AddressSet& view, const Range<Iova>& wanted) {
  CHECK(view.contains(wanted.first));
  CHECK(view.contains(wanted.last));
}

void check_holes(const AddressSet& view, const Range<Iova>& hole) {
  CHECK_FALSE(view.contains(hole.first));
  CHECK_FALSE(view.contains(hole.last));
}

}  // namespace

TEST_CASE("POL-012 The DMA API stays out of outbound windows, which VFIO and iommufd do not know", "[linux]") {
  const SoftwareViews views = views_behind_iommu(intel_nic());
  check_holes(views.dma_api, range(0xC000'0000, 0xFEBF'FFFF));
  check_usable(views.dma_api, range(0xBFFF'FFFF, 0xFEC0'0000));
  check_usable(views.vfio, range(0xC000'0000, 0xFEBF'FFFF));
  check_usable(views.iommufd, range(0xC000'0000, 0xFEBF'FFFF));
}

TEST_CASE("POL-011 Outbound windows are no reserved regions", "[linux]") {
  const AddressingFacts facts = intel_nic();
  CHECK(facts.group.size() == 1);
  check_holes(views_behind_iommu(facts).vfio, range(0xFEE0'0000, 0xFEEF'FFFF));
  check_usable(views_behind_iommu(facts).vfio, range(0xFEDF'FFFF, 0xFEF0'0000));
}

TEST_CASE("POL-013 The DMA API never uses page 0, the others may", "[linux]") {
  const SoftwareViews views = views_behind_iommu(intel_nic());
  check_holes(views.dma_api, range(0, 0xFFF));
  check_usable(views.dma_api, range(0x1000, 0x1FFF));
  check_usable(views.vfio, range(0, 0xFFF));
  check_usable(views.iommufd, range(0, 0xFFF));
}

TEST_CASE("POL-014 The first page of an inbound window that follows a hole is lost to the DMA API", "[linux]") {
  // Seed experiment 5.
  const SoftwareViews views = views_behind_iommu(stingray());
  check_holes(views.dma_api, range(0, 0x8000'0FFF));
  check_usable(views.dma_api, range(0x8000'1000, 0xFFFF'FFFF));
  check_holes(views.dma_api, range(0x1'0000'0000, 0x8'0000'0FFF));
  check_usable(views.dma_api, range(0x8'0000'1000, 0xF'FFFF'FFFF));
  check_holes(views.dma_api, range(0x10'0000'0000, 0x80'0000'0FFF));
  check_usable(views.dma_api, range(0x80'0000'1000, 0xBF'FFFF'FFFF));
  check_holes(views.dma_api, range(0xC0'0000'0000, 0xFFFF'FFFF'FFFF));
  // Seed experiment 6: users are offered the holes.
  check_usable(views.vfio, range(0x1000'0000, 0x1000'0FFF));
  check_usable(views.iommufd, range(0x1000'0000, 0x1000'0FFF));
}

TEST_CASE("POL-014 Inbound windows that touch have no hole and lose no page", "[linux]") {
  AddressingFacts facts = stingray();
  facts.inbound = {range(0x8000'0000, 0xFFFF'FFFF), range(0, 0x7FFF'FFFF)};
  const SoftwareViews views = views_behind_iommu(facts);
  check_usable(views.dma_api, range(0x1000, 0xFFFF'FFFF));
  check_usable(views.dma_api, range(0x7FFF'FFFF, 0x8000'0000));
  check_holes(views.dma_api, range(0x1'0000'0000, 0xFFFF'FFFF'FFFF));
}

TEST_CASE("POL-015 Overlapping inbound windows leave the DMA API nothing", "[linux]") {
  AddressingFacts facts = stingray();
  facts.inbound.push_back(range(0xC000'0000, 0xC000'0FFF));
  const SoftwareViews views = views_behind_iommu(facts);
  CHECK(views.dma_api.empty());
  CHECK_FALSE(views.vfio.empty());
}

TEST_CASE("POL-020 The DMA API keeps to the device's mask, VFIO and iommufd do not", "[linux]") {
  AddressingFacts facts = intel_nic();
  facts.device_bits = 32;
  const SoftwareViews views = views_behind_iommu(facts);
  check_usable(views.dma_api, range(0xFFFF'F000, 0xFFFF'FFFF));
  check_holes(views.dma_api, range(0x1'0000'0000, 0xFFFF'FFFF'FFFF));
  check_usable(views.vfio, range(0x1'0000'0000, 0xFFFF'FFFF'FFFF));
  check_holes(views.vfio, range(0x1'0000'0000'0000, ~std::uint64_t{0}));
  check_usable(views.iommufd, range(0x1'0000'0000, 0xFFFF'FFFF'FFFF));
}

TEST_CASE("POL-025 Relaxable regions limit the DMA API only, direct ones all", "[linux]") {
  AddressingFacts facts = intel_nic();
  const Range<Iova> rmrr = range(0x7B00'0000, 0x7F7F'FFFF);
  facts.own = vtd_reserved_regions({0x03'0000, {rmrr}});
  facts.group = facts.own;
  facts.first_of_group = facts.own;
  const SoftwareViews relaxable = views_behind_iommu(facts);
  check_holes(relaxable.dma_api, rmrr);
  check_usable(relaxable.vfio, rmrr);
  check_usable(relaxable.iommufd, rmrr);

  facts.own = vtd_reserved_regions({0x02'0000, {rmrr}});
  facts.group = facts.own;
  const SoftwareViews direct = views_behind_iommu(facts);
  check_holes(direct.vfio, rmrr);
  check_holes(direct.iommufd, rmrr);
}

TEST_CASE("POL-046 The DMA API heeds the regions of the device that came first into the group", "[linux]") {
  AddressingFacts facts = intel_nic();
  const Range<Iova> rmrr = range(0x7B00'0000, 0x7B0F'FFFF);
  facts.group = vtd_reserved_regions({0x02'0000, {rmrr}});
  facts.own = facts.group;
  const SoftwareViews views = views_behind_iommu(facts);
  check_usable(views.dma_api, rmrr);
  check_holes(views.vfio, rmrr);
}

TEST_CASE("POL-048 The DMA API may use the window for translated doorbells, users may not", "[linux]") {
  AddressingFacts facts = stingray();
  facts.inbound.clear();
  const SoftwareViews views = views_behind_iommu(facts);
  check_usable(views.dma_api, range(0x0800'0000, 0x080F'FFFF));
  check_holes(views.vfio, range(0x0800'0000, 0x080F'FFFF));
  check_holes(views.iommufd, range(0x0800'0000, 0x080F'FFFF));
}

TEST_CASE("iommufd attaches no device with both kinds of MSI window", "[linux]") {
  AddressingFacts facts = stingray();
  facts.own.insert({range(0xC601'0000, 0xC601'FFFF), ReservedType::msi});
  const SoftwareViews views = views_behind_iommu(facts);
  CHECK(views.iommufd.empty());
  CHECK_FALSE(views.vfio.empty());
}

TEST_CASE("Without translation the DMA API uses memory that the device can address, and nobody else the device",
          "[linux]") {
  const SoftwareViews views =
      views_without_translation({32, {range(0, 0x7FFF'FFFF), range(0xC000'0000, 0x1'3FFF'FFFF)}});
  check_usable(views.dma_api, range(0, 0x7FFF'FFFF));
  check_holes(views.dma_api, range(0x8000'0000, 0xBFFF'FFFF));
  check_usable(views.dma_api, range(0xC000'0000, 0xFFFF'FFFF));
  CHECK_FALSE(views.dma_api.contains(Iova{0x1'0000'0000}));
  CHECK(views.vfio.empty());
  CHECK(views.iommufd.empty());
}
