// SPDX-License-Identifier: Apache-2.0
#include "support/smmuv3_bench.h"

#include "base/endian.h"

#include <catch2/catch.hpp>

namespace iommusim::tests::smmu {
namespace {

/// *_BASE: the address with log2 of the entries.
std::uint64_t base_of(PhysAddr address, unsigned bits) {
  return address.value() | bits;
}

}  // namespace

smmuv3::UnitConfig full_config() {
  smmuv3::UnitConfig config;
  config.minor_version = 3;
  config.stage_2 = true;
  config.hypervisor = true;
  config.ats = true;
  config.pri = true;
  config.vmid_16 = true;
  config.msi = true;
  config.send_event = true;
  config.vmid_wildcard = true;
  config.two_level_contexts = true;
  config.ats_record_errors = true;
  config.stall_model = smmuv3::StallModel::stall_and_terminate;
  config.max_stalls = 4;
  config.abort_only = false;
  config.substream_id_bits = 20;
  config.command_queue_bits = 8;
  config.event_queue_bits = 8;
  config.page_request_queue_bits = 8;
  config.execute_never_per_level = true;
  return config;
}

Bench::Bench(const smmuv3::UnitConfig& config, unsigned bits)
    : memory{{memory::Bank{ComponentId{0}, {PhysAddr{0}, PhysAddr{0xF'FFFF'FFFF}}}}},
      bus{memory},
      unit{config, bus},
      queue_bits{bits} {
  unit.on_message([this](const interrupts::MsiMessage& message) { messages.push_back(message); });
  unit.on_wire([this](smmuv3::InterruptSource source) { wires.push_back(source); });
  unit.on_device_invalidation([this](const iommu::DeviceTlbInvalidation& request, unsigned tag) {
    invalidations.push_back({request, tag});
  });
  unit.on_page_response([this](const iommu::PageGroupResponse& response) { responses.push_back(response); });
}

std::uint32_t Bench::read32(std::uint64_t offset) const {
  return static_cast<std::uint32_t>(unit.read_register(offset, 4));
}

std::uint64_t Bench::load64(PhysAddr address) const {
  std::array<std::uint8_t, 8> bytes{};
  REQUIRE(memory.read(address, bytes.data(), bytes.size()));
  return load_le<std::uint64_t>(bytes.data());
}

void Bench::store64(PhysAddr address, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  store_le(bytes.data(), value);
  REQUIRE(memory.write(address, bytes.data(), bytes.size()));
}

void Bench::enable_queues() {
  write64(offset::cmdq_base, base_of(command_queue, queue_bits));
  write64(offset::eventq_base, base_of(event_queue, queue_bits));
  write64(offset::priq_base, base_of(page_request_queue, queue_bits));
  for (const std::uint64_t index : {offset::cmdq_prod, offset::cmdq_cons, offset::eventq_prod, offset::eventq_cons,
                                    offset::priq_prod, offset::priq_cons})
    write32(index, 0);
  producer_ = 0;
  set_bits(offset::cr0, cr0::cmdqen | cr0::eventqen | cr0::priqen);
}

void Bench::enable_translation(unsigned bits) {
  write64(offset::strtab_base, stream_table.value());
  write32(offset::strtab_base_cfg, bits);
  write32(offset::cr2, cr2::recinvsid);
  set_bits(offset::cr0, cr0::smmuen);
}

void Bench::start() {
  enable_queues();
  write32(offset::irq_ctrl, irq_ctrl::gerror | irq_ctrl::priq | irq_ctrl::eventq);
  enable_translation();
}

void Bench::put(const CommandWords& words) {
  const PhysAddr slot = command_queue + 16 * (producer_ & ((1U << queue_bits) - 1));
  store64(slot, words[0]);
  store64(slot + 8, words[1]);
  producer_ = (producer_ + 1) & ((2U << queue_bits) - 1);
}

void Bench::submit(const CommandWords& words) {
  put(words);
  ring();
}

std::uint32_t Bench::events_waiting() const {
  const std::uint32_t mask = (2U << queue_bits) - 1;
  return (read32(offset::eventq_prod) - read32(offset::eventq_cons)) & mask;
}

std::optional<EventWords> Bench::take_event() {
  if (events_waiting() == 0) return std::nullopt;
  const std::uint32_t consumer = read32(offset::eventq_cons);
  const PhysAddr slot = event_queue + 32 * (consumer & ((1U << queue_bits) - 1));
  EventWords words{};
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = load64(slot + 8 * i);
  const std::uint32_t next = (consumer + 1) & ((2U << queue_bits) - 1);
  write32(offset::eventq_cons, (consumer & overflow_flag) | next);
  return words;
}

void Bench::attach(std::uint32_t stream, bool stalls) {
  const PhysAddr ste = stream_table + 64 * stream;
  constexpr std::uint64_t valid_stage_2 = 1 | 6U << 1;
  // S2T0SZ 25, S2SL0 1, cacheable walks, S2PS 44 bits, S2AA64, S2R, and S2S.
  const std::uint64_t stage_2 = std::uint64_t{25} << 32 | std::uint64_t{1} << 38 | std::uint64_t{5} << 40 |
                                std::uint64_t{3} << 44 | std::uint64_t{4} << 48 | std::uint64_t{1} << 51 |
                                std::uint64_t{1} << 58 | std::uint64_t{stalls} << 57;
  store64(ste, valid_stage_2);
  // SHCFG: use incoming.
  store64(ste + 8, std::uint64_t{1} << 44);
  store64(ste + 16, stage_2 | 7);
  store64(ste + 24, tables.value());
}

void Bench::map_gigabyte(unsigned index, std::optional<PhysAddr> address) {
  // A block: AF, inner shareable, read and write, write-back.
  constexpr std::uint64_t block = 1 | 0xFU << 2 | 3U << 6 | 3U << 8 | 1U << 10;
  store64(tables + 8 * index, address ? address->value() | block : 0);
}

iommu::TranslationResult Bench::read(std::uint32_t stream, std::uint64_t address) {
  iommu::TranslationRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(stream)};
  request.address = Iova{address};
  request.size = 4;
  return unit.translate(request, fetches);
}

}  // namespace iommusim::tests::smmu
