// SPDX-License-Identifier: Apache-2.0
#include "support/gic_bench.h"

#include "base/endian.h"

#include <catch2/catch.hpp>

#include <array>
#include <stdexcept>

namespace iommusim::tests {
namespace {

gic::RedistributorConfig with_processors(gic::RedistributorConfig config) {
  if (config.processors == 1) config.processors = 2;
  return config;
}

constexpr std::uint64_t page_64k = std::uint64_t{2} << 8;

}  // namespace

GicBench::GicBench(const gic::ItsConfig& its_config, gic::RedistributorConfig redistributor_config)
    : memory{{memory::Bank{ComponentId{0}, {PhysAddr{0}, PhysAddr{0xFFFF'FFFF}}}}},
      bus{memory},
      redistributors{with_processors(redistributor_config), bus, log},
      its{its_config, bus, redistributors} {}

void GicBench::start(unsigned queue_pages) {
  start_redistributors();
  start_its(queue_pages);
  for (unsigned processor = 0; processor < redistributors.config().processors; ++processor)
    submit({mapc(processor, processor), sync(processor)});
}

void GicBench::start_its(unsigned queue_pages) {
  queue_bytes = std::uint64_t{queue_pages} * 4096;
  tail = 0;
  write(gits_at::cbaser, valid_bit | queue.value() | (queue_pages - 1));
  write(gits_at::cwriter, 0);
  write(gits_at::baser0, valid_bit | device_table.value() | page_64k | 7);
  write(gits_at::baser1, valid_bit | collection_table.value() | page_64k | 0);
  write(gits_at::ctlr, 1, 4);
}

void GicBench::start_redistributors() {
  for (unsigned processor = 0; processor < redistributors.config().processors; ++processor) {
    write_redistributor(processor, gicr_at::propbaser, properties.value() | 15);
    write_redistributor(processor, gicr_at::pendbaser,
                        (pending.value() + processor * 0x1'0000) | std::uint64_t{1} << 62);
    write_redistributor(processor, gicr_at::ctlr, 1, 4);
  }
}

void GicBench::submit(std::initializer_list<CommandWords> commands) {
  for (const CommandWords& command : commands) {
    put(tail, command);
    tail = (tail + 32) % queue_bytes;
  }
  write(gits_at::cwriter, tail);
}

void GicBench::put(std::uint64_t offset, const CommandWords& command) {
  for (std::size_t i = 0; i < command.size(); ++i)
    store64(queue + offset + 8 * i, command[i]);
}

void GicBench::configure(std::uint32_t intid, bool enabled, std::uint8_t priority) {
  const auto byte = static_cast<std::uint8_t>((priority & 0xFC) | 2 | (enabled ? 1 : 0));
  if (!memory.write(properties + (intid - 8192), &byte, 1)) throw std::logic_error{"no memory"};
}

bool GicBench::is_pending(std::uint32_t intid, unsigned processor) const {
  std::uint8_t byte = 0;
  if (!memory.read(pending + processor * std::uint64_t{0x1'0000} + intid / 8, &byte, 1))
    throw std::logic_error{"no memory"};
  return (byte >> intid % 8 & 1) != 0;
}

void GicBench::store64(PhysAddr address, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  store_le(bytes.data(), value);
  if (!memory.write(address, bytes.data(), bytes.size())) throw std::logic_error{"no memory"};
}

std::uint64_t GicBench::load64(PhysAddr address) const {
  std::array<std::uint8_t, 8> bytes{};
  if (!memory.read(address, bytes.data(), bytes.size())) throw std::logic_error{"no memory"};
  return load_le<std::uint64_t>(bytes.data());
}

void GicBench::map(std::uint32_t device, unsigned event_bits, std::initializer_list<std::uint32_t> lpis) {
  submit({mapd(device, event_bits, table_of(device).value())});
  std::uint32_t event = 0;
  for (const std::uint32_t intid : lpis) {
    configure(intid, true);
    submit({mapti(device, event++, intid, 0), sync(0)});
  }
}

gic::DoorbellResult GicBench::send(std::uint32_t device, std::uint32_t event) {
  const auto foreseen = its.decide_event(device, event);
  const auto result = its.write_translater(device, event);
  REQUIRE(foreseen.outcome == result.outcome);
  REQUIRE(foreseen.rule == result.rule);
  REQUIRE(foreseen.intid == result.intid);
  REQUIRE(foreseen.processor == result.processor);
  return result;
}

std::vector<std::uint32_t> GicBench::delivered(unsigned processor) {
  std::vector<std::uint32_t> intids;
  std::size_t& next = seen[processor];
  for (; next < log.records().size(); ++next)
    if (log.records()[next].processor == processor) intids.push_back(log.records()[next].intid);
  return intids;
}

bool GicBench::drops(std::uint32_t device, std::uint32_t event, const Rule& rule) {
  const std::uint64_t before = log.delivered();
  const std::uint64_t memory_before = memory.digest();
  const auto result = send(device, event);
  UNSCOPED_INFO(result.rule->id);
  return result.outcome == gic::DoorbellOutcome::dropped && result.rule == &rule &&
         result.status == CompletionStatus::none && log.delivered() == before && memory.digest() == memory_before;
}

}  // namespace iommusim::tests
