// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/config.h"

#include "base/config_check.h"
#include "interrupts/gic/interrupt_ids.h"

#include <fmt/format.h>

#include <string_view>

namespace iommusim::gic {
namespace {

constexpr std::uint64_t frame_size = 0x1'0000;

void require_aligned(PhysAddr base, std::uint64_t size, ConfigCheck& findings) {
  findings.require(base.offset_in(size) == 0, "register_base", base.value(), fmt::format("a multiple of {}", size));
}

void check_entry_size(unsigned size, std::string_view field, ConfigCheck& findings) {
  findings.require(size == 8 || size == 16 || size == 32, field, size, "8, 16 or 32");
}

void check_devices(const ItsConfig& config, ConfigCheck& findings) {
  const std::uint64_t end = std::uint64_t{1} << config.device_bits;
  for (const DeviceMapping& mapping : config.devices) {
    const std::uint64_t room = 0x1'0000 - std::uint64_t{mapping.first.raw()};
    findings.require(mapping.count >= 1 && mapping.count <= room, "devices", mapping.count,
                     "1 or more requester IDs up to 0xffff");
    findings.require(mapping.device < end && mapping.count <= end - mapping.device, "devices", mapping.device,
                     "below 2^device_bits, with all that follow it");
  }
}

void check_spis(const SpiRange& range, std::string_view field, ConfigCheck& findings) {
  const bool is_right = range.first >= first_spi && range.first <= last_spi && range.count >= 1 &&
                        range.count <= last_spi + 1 - range.first;
  findings.require(is_right, field, fmt::format("{} SPIs from {} on", range.count, range.first),
                   "one or more INTIDs of 32 to 1019");
}

bool contains(const SpiRange& range, const SpiRange& other) {
  return other.first >= range.first && other.first + other.count <= range.first + range.count;
}

}  // namespace

std::vector<ConfigFinding> find_impossible(const ItsConfig& config) {
  ConfigCheck findings;
  require_aligned(config.register_base, frame_size, findings);
  findings.require_between("device_bits", config.device_bits, 1, 32);
  findings.require_between("event_bits", config.event_bits, 1, 32);
  findings.require_between("collection_bits", config.collection_bits, 1, 16);
  findings.require_between("hardware_collections", config.hardware_collections, 0, 255);
  findings.require_between("interrupt_bits", config.interrupt_bits, least_interrupt_bits, most_interrupt_bits);
  findings.require_between("translation_entry_size", config.translation_entry_size, 8, 16);
  check_entry_size(config.device_entry_size, "device_entry_size", findings);
  check_entry_size(config.collection_entry_size, "collection_entry_size", findings);
  findings.require_between("architecture", config.architecture, 3, 4);
  if (config.device_bits <= 32) check_devices(config, findings);
  return findings.take();
}

std::vector<ConfigFinding> find_impossible(const RedistributorConfig& config) {
  ConfigCheck findings;
  require_aligned(config.register_base, frame_size, findings);
  findings.require_between("processors", config.processors, 1, 256);
  findings.require_between("interrupt_bits", config.interrupt_bits, least_interrupt_bits, most_interrupt_bits);
  const unsigned cached = config.cached_configurations;
  findings.require(cached == 0 || (is_power_of_two(cached) && cached <= 0x1'0000), "cached_configurations", cached,
                   "0 or a power of two up to 65536");
  return findings.take();
}

std::vector<ConfigFinding> find_impossible(const Gicv2mConfig& config) {
  ConfigCheck findings;
  require_aligned(config.register_base, page_4k, findings);
  check_spis({config.first_spi, config.spis}, "spis", findings);
  return findings.take();
}

std::vector<ConfigFinding> find_impossible(const MbiConfig& config) {
  ConfigCheck findings;
  require_aligned(config.register_base, frame_size, findings);
  for (const SpiRange& range : config.ranges)
    check_spis(range, "ranges", findings);
  for (const SpiRange& level : config.level_sensitive) {
    check_spis(level, "level_sensitive", findings);
    bool is_inside = false;
    for (const SpiRange& range : config.ranges)
      is_inside = is_inside || contains(range, level);
    findings.require(is_inside, "level_sensitive", fmt::format("{} SPIs from {} on", level.count, level.first),
                     "within one of ranges");
  }
  return findings.take();
}

}  // namespace iommusim::gic
