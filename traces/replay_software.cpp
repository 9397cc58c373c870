// SPDX-License-Identifier: Apache-2.0
// The part of a replay that software does: mappings, invalidations, configuration, a processor's accesses.
#include "base/endian.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "tlm/timing.h"
#include "traces/apply_setting.h"
#include "traces/bar_address.h"
#include "traces/line_words.h"
#include "traces/replay.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iommusim::traces {

using modules::to_duration;
using modules::to_sc_time;
using pcie::NodeIndex;

PhysAddr Replay::physical_of(const Map& map) const {
  if (map.buffer.empty()) return PhysAddr{map.physical_or_offset};
  const auto buffer = context_.system.find_buffer(map.buffer);
  if (!buffer)
    fail(fmt::format("found buffer \"{}\", expected one of the platform's buffers", map.buffer), first_argument + 2);
  const Range<PhysAddr>& range = context_.system.buffers()[*buffer].range;
  const auto wanted = Range<PhysAddr>::from_size(range.first + map.physical_or_offset, map.size);
  if (!wanted || !range.contains(*wanted))
    fail(fmt::format("{} bytes from {:#x} do not lie in buffer {} of {} bytes", map.size, map.physical_or_offset,
                     map.buffer, range.size()),
         first_argument + 2);
  return wanted->first;
}

Range<Iova> Replay::range_of(Iova iova, std::uint64_t size) const {
  if (context_.system.domain_of(node_) == nullptr)
    fail(fmt::format("found \"{}\", expected a device of a domain: nothing can be mapped for others",
                     operation_->device),
         device_word);
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range) fail("the range is empty or passes 2^64", first_argument);
  return *range;
}

void Replay::perform(const Map& map) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(map.iova, map.size);
  const auto buffer = map.buffer.empty() ? std::nullopt : context_.system.find_buffer(map.buffer);
  const PhysAddr physical = physical_of(map);
  begin_software();
  context_.system.map(node_, {range, physical, {map.read, map.write}, buffer}, begin_);
  finish_software();
}

void Replay::perform(const Unmap& unmap) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(unmap.iova, unmap.size);
  begin_software();
  context_.system.unmap(node_, range, unmap.invalidate, begin_);
  finish_software();
}

void Replay::perform(const Invalidate& invalidate) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(invalidate.iova, invalidate.size);
  begin_software();
  context_.system.invalidate(node_, range);
  finish_software();
}

void Replay::perform(const ProgramEntry& entry) {
  node_ = device_of(*operation_);
  begin_software();
  context_.system.program_entry(node_, entry.index, vtd::InterruptRemappingEntry{{entry.low, entry.high}},
                                entry.invalidate);
  finish_software();
}

void Replay::perform(const Configure& configure) {
  const NodeIndex function = function_of(*operation_);
  const pcie::Node& node = context_.machine.topology()[function];
  begin_software();
  const Setting* setting = find_setting(configure.setting);
  if (setting != nullptr && setting->kind == SettingKind::interrupt_remapping) {
    context_.system.switch_interrupt_remapping(function, configure.value != 0);
    return finish_software();
  }
  apply_setting(software::PciFunction{context_.system.bus(), node.segment, node.requester}, configure,
                operation_->device);
  finish_software();
}

void Replay::perform(const CpuAccess& access) {
  const PhysAddr address =
      access.bar.given() ? cpu_address_of(context_.machine, access.bar, access.address) : access.address;
  begin_software();
  std::array<std::uint8_t, 8> bytes{};
  if (access.operation == Operation::read) {
    context_.system.bus().load(address, bytes.data(), access.size);
  } else {
    store_le(bytes.data(), access.value);
    context_.system.bus().store(address, bytes.data(), access.size);
  }
  finish_software();
}

void Replay::begin_software() {
  context_.simulation.cpu().restart(to_sc_time(begin_ - now_));
}

void Replay::finish_software() {
  masks_touched_ = true;
  end_at(now_ + to_duration(context_.simulation.cpu().elapsed()));
  // In closed loop what follows waits for software; the trace's times tell in open loop.
  if (context_.machine.description().timing.window != 0) turn_ = std::max(turn_, stop_);
}

}  // namespace iommusim::traces
