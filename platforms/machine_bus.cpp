// SPDX-License-Identifier: Apache-2.0
#include "platforms/machine_bus.h"

#include "base/endian.h"
#include "platforms/device_tlbs.h"
#include "platforms/walk.h"

#include <algorithm>
#include <array>

namespace iommusim::platforms {

using memory::MapEntry;
using memory::TargetKind;

namespace {

void all_ones(void* to, std::size_t size) {
  std::fill_n(static_cast<std::uint8_t*>(to), size, std::uint8_t{0xFF});
}

/// Registers answer and take at most 8 bytes at once.
void put(std::uint64_t value, void* to, std::size_t size) {
  std::array<std::uint8_t, 8> bytes{};
  store_le(bytes.data(), value);
  std::copy_n(bytes.begin(), std::min(size, bytes.size()), static_cast<std::uint8_t*>(to));
}

std::uint64_t take(const void* from, std::size_t size) {
  std::array<std::uint8_t, 8> bytes{};
  std::copy_n(static_cast<const std::uint8_t*>(from), std::min(size, bytes.size()), bytes.begin());
  return load_le<std::uint64_t>(bytes.data());
}

/// Bus, device and function stand in bits 27:12, the register in 11:0 (PCIe base specification, 7.2.2).
RequesterId function_at(std::uint64_t ecam_offset) {
  return RequesterId{static_cast<std::uint16_t>(ecam_offset >> 12)};
}
unsigned register_at(std::uint64_t ecam_offset) {
  return static_cast<unsigned>(ecam_offset & 0xFFF);
}

}  // namespace

MachineBus::BarPlace MachineBus::find_bar(Operation operation, PhysAddr address, std::size_t size) {
  Access access;
  access.operation = operation;
  access.size = static_cast<std::uint32_t>(size);
  const Walk way = walk_outbound(machine_, access, address);
  if (way.landing.kind != LandingKind::peer) return {};
  BarPlace place{nullptr, way.landing.bar, way.landing.bar_offset, true};
  for (Device& device : machine_.devices())
    if (machine_.topology()[device.node].id == way.landing.where) place.bars = device.bars.get();
  return place;
}

void MachineBus::load(PhysAddr address, void* to, std::size_t size) {
  all_ones(to, size);
  const MapEntry* entry = machine_.system_map().find(address, size);
  if (entry == nullptr) return;
  const std::uint64_t offset = address - entry->range.first;
  const auto width = static_cast<unsigned>(size);
  switch (entry->kind) {
    case TargetKind::memory: machine_.memory().read(address, to, size); return;
    case TargetKind::iommu_registers: put(machine_.iommu(entry->index).read_register(offset, width), to, size); return;
    case TargetKind::ecam:
      if (width <= 4) put(config_read(entry->index, function_at(offset), register_at(offset), width), to, size);
      return;
    case TargetKind::outbound:
      if (const BarPlace place = find_bar(Operation::read, address, size); place.bars != nullptr)
        place.bars->read(place.bar, place.offset, to, size);
      else if (place.claimed)
        std::fill_n(static_cast<std::uint8_t*>(to), size, std::uint8_t{0});
      return;
    case TargetKind::doorbell:
      if (const gic::Doorbell* frame = machine_.doorbells()[entry->index].frame; frame != nullptr)
        put(frame->read_register(offset, width), to, size);
      return;
  }
}

void MachineBus::store(PhysAddr address, const void* from, std::size_t size) {
  const MapEntry* entry = machine_.system_map().find(address, size);
  if (entry == nullptr) return;
  const std::uint64_t offset = address - entry->range.first;
  const auto width = static_cast<unsigned>(size);
  switch (entry->kind) {
    case TargetKind::memory: machine_.memory().write(address, from, size); return;
    case TargetKind::iommu_registers:
      machine_.iommu(entry->index).write_register(offset, width, take(from, size));
      return;
    case TargetKind::ecam:
      config_write(entry->index, function_at(offset), register_at(offset), width,
                   static_cast<std::uint32_t>(take(from, size)));
      return;
    case TargetKind::outbound:
      if (const BarPlace place = find_bar(Operation::write, address, size); place.bars != nullptr)
        place.bars->write(place.bar, place.offset, from, size);
      return;
    case TargetKind::doorbell:
      if (gic::Doorbell* frame = machine_.doorbells()[entry->index].frame; frame != nullptr)
        frame->write_register(offset, width, take(from, size));
      return;
  }
}

std::uint32_t MachineBus::config_read(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width) {
  return machine_.topology().config_read(segment, function, offset, width);
}

void MachineBus::config_write(std::uint16_t segment, RequesterId function, unsigned offset, unsigned width,
                              std::uint32_t value) {
  machine_.topology().config_write(segment, function, offset, width, value);
  forget_disabled_translations(machine_, offset);
}

}  // namespace iommusim::platforms
