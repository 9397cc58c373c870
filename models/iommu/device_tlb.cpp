// SPDX-License-Identifier: Apache-2.0
#include "iommu/device_tlb.h"

namespace iommusim::iommu {
namespace {

/// Bytes of the data of a translation completion.
constexpr std::uint32_t completion_bytes = AddressTranslation::bytes;

Range<BusAddr> block_of(AddressTranslation completion) {
  return sized_block(BusAddr{completion.raw() & AddressTranslation::ADDR::mask},
                     completion.get<AddressTranslation::S>());
}

/// Of a block that sized_block() gave; everything counts as half of it, which no tag can name.
unsigned shift_of(const Range<BusAddr>& block) {
  unsigned shift = 12;
  while (shift < 63 && (block.last - block.first) >> shift != 0)
    ++shift;
  return shift;
}

bool permits(AddressTranslation completion, const Access& access) {
  const bool reads = completion.get<AddressTranslation::R>();
  const bool writes = completion.get<AddressTranslation::W>();
  const bool executes = access.pasid.has_value() && access.execute;
  if (executes && !completion.get<AddressTranslation::Exe>()) return false;
  switch (access.operation) {
    case Operation::read: return reads;
    case Operation::write: return writes;
    case Operation::atomic: return reads && writes;
  }
  return false;
}

}  // namespace

namespace rules {
const Rule device_tlb{"ats.device-tlb", "the device's own translation says where its request goes",
                      "PCIe base specification, 10.2"};
const Rule translation_denied{"ats.translation-denied",
                              "the translation that the IOMMU gave the device does not permit the access",
                              "PCIe base specification, 10.2.3"};
}  // namespace rules

DeviceTlb::Cache::Slot DeviceTlb::find(const Access& access) const {
  for (unsigned shift = 12; shift < 64 && shifts_in_use_ >> shift != 0; ++shift) {
    if ((shifts_in_use_ >> shift & 1) == 0) continue;
    const Cache::Slot slot = cache_.find(DeviceTlbTag{access, shift});
    if (slot != Cache::none) return slot;
  }
  return Cache::none;
}

std::optional<Access> DeviceTlb::resolve(const Access& access) const {
  const Cache::Slot slot = find(access);
  return slot == Cache::none ? std::nullopt : permitted(cache_.value(slot), access);
}

void DeviceTlb::touch(const Access& access) {
  if (const Cache::Slot slot = find(access); slot != Cache::none) cache_.touch(slot);
}

void DeviceTlb::fill(const Access& access, AddressTranslation completion) {
  if (!completion.get<AddressTranslation::R>() && !completion.get<AddressTranslation::W>()) return;
  const unsigned shift = shift_of(block_of(completion));
  shifts_in_use_ |= std::uint64_t{1} << shift;
  cache_.insert(DeviceTlbTag{access, shift}, completion);
}

std::size_t DeviceTlb::invalidate(const DeviceTlbInvalidation& request) {
  return cache_.invalidate_if([&request](const DeviceTlbTag& tag, const AddressTranslation&) {
    return tag.is_of(request.target) && (request.global || tag.is_of(request.pasid)) &&
           tag.block().overlaps(request.block);
  });
}

void DeviceTlb::forget(RequesterId function) {
  cache_.invalidate_if([function](const DeviceTlbTag& tag, const AddressTranslation&) { return tag.is_of(function); });
}

Access translation_request(const Access& access) {
  Access request = access;
  request.operation = Operation::read;
  request.address_type = AddressType::translation_request;
  request.address = access.address.aligned_down(page_4k);
  request.size = completion_bytes;
  request.poisoned = false;
  return request;
}

AddressTranslation translation_completion(const Access& request, const TranslationResult& result) {
  AddressTranslation completion;
  completion.set<AddressTranslation::R>(result.readable);
  completion.set<AddressTranslation::W>(result.writable);
  if (!result.readable && !result.writable) return completion;
  unsigned shift = 12;
  while ((result.page_size >> shift) > 1)
    ++shift;
  const std::uint64_t address = sized_address(result.address.value(), shift);
  completion.set<AddressTranslation::ADDR>(address / page_4k);
  completion.set<AddressTranslation::S>(result.page_size > page_4k);
  completion.set<AddressTranslation::U>(result.untranslated_only);
  completion.set<AddressTranslation::Exe>(result.executable);
  completion.set<AddressTranslation::Priv>(asks_as_supervisor(request));
  return completion;
}

std::optional<Access> permitted(AddressTranslation completion, const Access& access) {
  if (!permits(completion, access)) return std::nullopt;
  Access request = access;
  if (completion.get<AddressTranslation::U>()) return request;
  const Range<BusAddr> block = block_of(completion);
  request.address = block.first + (access.address.value() & (block.last - block.first));
  request.address_type = AddressType::translated;
  // What is translated belongs to no address space any more; a PASID needs leave that no function has here (10.1.1).
  request.pasid.reset();
  request.privileged = request.execute = false;
  return request;
}

}  // namespace iommusim::iommu
