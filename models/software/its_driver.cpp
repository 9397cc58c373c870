// SPDX-License-Identifier: Apache-2.0
// Bringing an ITS and its redistributors up.
#include "software/its_driver.h"

#include "base/quantity.h"
#include "interrupts/gic/config.h"
#include "interrupts/gic/interrupt_ids.h"
#include "software/driver_error.h"

#include <algorithm>
#include <vector>

namespace iommusim::software {

namespace gits = gic::gits;
namespace gicr = gic::gicr;
using gits::TableBase;
using gits::TableType;

namespace {

/// Inner shareable, normal cacheable memory: what Linux asks for first.
constexpr std::uint64_t inner_shareable = 1;
constexpr std::uint64_t write_back = 7;
/// Priority of every LPI, and the bit that is always 1.
constexpr std::uint8_t lpi_configuration = 0xA2;
constexpr unsigned most_interrupt_bits = 16;
constexpr std::uint64_t lpi_table_alignment = 0x1'0000;

std::uint64_t page_bytes(const TableBase& table) {
  return gic::size_of(static_cast<gic::TablePage>(std::min<std::uint64_t>(table.get<TableBase::PageSize>(), 2)));
}

std::uint64_t entry_bytes(const TableBase& table) {
  return table.get<TableBase::EntrySize>() + 1;
}

void set_address(TableBase& table, PhysAddr address) {
  const std::uint64_t low = address.value() & TableBase::PhysicalAddress::mask;
  // With 64 KiB pages bits 51:48 of the address have their place in bits 15:12.
  const std::uint64_t high = page_bytes(table) == 0x1'0000 ? address.value() >> 36 & 0xF000 : 0;
  table.set<TableBase::PhysicalAddress>((low | high) / page_4k);
}

}  // namespace

ItsDriver::ItsDriver(CpuBus& bus, PageAllocator& pages, const ItsDriverConfig& config)
    : bus_{bus},
      pages_{pages},
      config_{config},
      type_{bus.load64(config.its_base + gits::typer)},
      queue_{bus, config.its_base, config.max_polls} {
  constexpr std::uint32_t architecture = 0xF0;
  const std::uint32_t revision = bus.load32(config.its_base + gits::pidr2) & architecture;
  if (revision != 0x30 && revision != 0x40) fail("is no ITS of a GICv3 or GICv4");
  if (!type_.get<gits::Type::Physical>()) fail("has no physical LPIs");
}

void ItsDriver::enable() {
  disable();
  queue_.start(allocate(ItsCommandQueue::bytes));
  for (unsigned index = 0; index < gits::table_count; ++index)
    set_up_table(index);
  gits::Control control;
  control.set<gits::Control::Enabled>(true);
  bus_.store32(config_.its_base + gits::ctlr, static_cast<std::uint32_t>(control.raw()));
  allocate_lpi_tables();
  enable_redistributors();
}

void ItsDriver::disable() {
  bus_.store32(config_.its_base + gits::ctlr, 0);
  for (unsigned poll = 0; poll < config_.max_polls; ++poll)
    if (gits::Control{bus_.load32(config_.its_base + gits::ctlr)}.get<gits::Control::Quiescent>()) return;
  fail("does not become quiescent");
}

void ItsDriver::set_up_table(unsigned index) {
  const PhysAddr place = config_.its_base + gits::baser + std::uint64_t{index} * 8;
  const auto type = TableBase{bus_.load64(place)}.get<TableBase::Type>();
  if (type != TableType::devices && type != TableType::collections) return;
  TableBase table = set_page_size(index);
  table.set<TableBase::InnerCache>(write_back);
  table.set<TableBase::Shareability>(inner_shareable);
  // Collections are as many as one page holds: more than there are processors.
  if (type == TableType::devices)
    table = set_depth(index, table, std::uint64_t{1} << (type_.get<gits::Type::Devbits>() + 1));
  const PhysAddr memory = allocate((table.get<TableBase::Size>() + 1) * page_bytes(table));
  set_address(table, memory);
  table.set<TableBase::Valid>(true);
  bus_.store64(place, table.raw());
  if (bus_.load64(place) != table.raw()) fail("does not take a table");
  if (type != TableType::devices) return;
  device_table_ = table;
  level_1_ = memory;
}

/// The largest pages that the register takes.
TableBase ItsDriver::set_page_size(unsigned index) {
  const PhysAddr place = config_.its_base + gits::baser + std::uint64_t{index} * 8;
  for (const std::uint64_t size : {2U, 1U, 0U}) {
    TableBase wanted{bus_.load64(place)};
    wanted.set<TableBase::PageSize>(size);
    bus_.store64(place, wanted.raw());
    if (TableBase{bus_.load64(place)}.get<TableBase::PageSize>() == size) return wanted;
  }
  fail("has no page size for its tables");
}

/// Two levels where one would need more than two pages and the ITS has them; then Size for so many entries, or as many
/// as there can be.
TableBase ItsDriver::set_depth(unsigned index, TableBase table, std::uint64_t ids) {
  const PhysAddr place = config_.its_base + gits::baser + std::uint64_t{index} * 8;
  std::uint64_t bytes = ids * entry_bytes(table);
  if (bytes > 2 * page_bytes(table)) {
    table.set<TableBase::Indirect>(true);
    bus_.store64(place, table.raw());
    table.set<TableBase::Indirect>(TableBase{bus_.load64(place)}.get<TableBase::Indirect>());
  }
  if (table.get<TableBase::Indirect>()) bytes = ids / (page_bytes(table) / entry_bytes(table)) * 8;
  const std::uint64_t pages = std::max<std::uint64_t>((bytes + page_bytes(table) - 1) / page_bytes(table), 1);
  table.set<TableBase::Size>(std::min<std::uint64_t>(pages, 256) - 1);
  return table;
}

void ItsDriver::allocate_lpi_tables() {
  interrupt_bits_ = std::min(config_.interrupt_bits, most_interrupt_bits);
  const std::uint32_t lpis = (std::uint32_t{1} << interrupt_bits_) - gic::first_lpi;
  properties_ = allocate(std::max<std::uint64_t>(std::uint64_t{1} << interrupt_bits_, lpi_table_alignment));
  const std::vector<std::uint8_t> masked(lpis, lpi_configuration);
  bus_.store(properties_, masked.data(), masked.size());
  lpis_ = LpiRanges{gic::first_lpi, lpis};
}

void ItsDriver::enable_redistributors() {
  constexpr std::uint32_t most_processors = 0x1'0000;
  for (std::uint32_t processor = 0; processor < most_processors; ++processor) {
    enable_redistributor(processor);
    const PhysAddr frame = config_.redistributor_base + processor * gicr::frame_size;
    if (gicr::Type{bus_.load64(frame + gicr::typer)}.get<gicr::Type::Last>()) return;
  }
}

void ItsDriver::enable_redistributor(std::uint32_t processor) {
  const PhysAddr frame = config_.redistributor_base + processor * gicr::frame_size;
  const gicr::Type type{bus_.load64(frame + gicr::typer)};
  if (!type.get<gicr::Type::PLPIS>()) fail("has a redistributor without LPIs");
  gicr::PropertiesBase properties;
  properties.set<gicr::PropertiesBase::PhysicalAddress>(properties_.value() / page_4k);
  properties.set<gicr::PropertiesBase::InnerCache>(write_back);
  properties.set<gicr::PropertiesBase::Shareability>(inner_shareable);
  properties.set<gicr::PropertiesBase::IDbits>(interrupt_bits_ - 1);
  bus_.store64(frame + gicr::propbaser, properties.raw());
  const std::uint64_t pending_bytes = (std::uint64_t{1} << interrupt_bits_) / 8;
  gicr::PendingBase pending;
  pending.set<gicr::PendingBase::PhysicalAddress>(allocate(std::max(pending_bytes, lpi_table_alignment)).value() >> 16);
  pending.set<gicr::PendingBase::InnerCache>(write_back);
  pending.set<gicr::PendingBase::Shareability>(inner_shareable);
  bus_.store64(frame + gicr::pendbaser, pending.raw());
  gicr::Control control{bus_.load32(frame + gicr::ctlr)};
  control.set<gicr::Control::EnableLPIs>(true);
  bus_.store32(frame + gicr::ctlr, static_cast<std::uint32_t>(control.raw()));

  const std::uint64_t target =
      type_.get<gits::Type::PTA>() ? frame.value() >> 16 : type.get<gicr::Type::ProcessorNumber>();
  targets_.push_back(target);
  gic::Command map = its_command(gic::Opcode::mapc);
  map.set<gic::Command::V>(true);
  map.set<gic::Command::ICID>(processor);
  map.set<gic::Command::RDbase>(target);
  queue_.execute(map, target);
  gic::Command invalidate = its_command(gic::Opcode::invall);
  invalidate.set<gic::Command::ICID>(processor);
  queue_.execute(invalidate, target);
}

/// Zeroed, a power of two of pages, aligned to its size.
PhysAddr ItsDriver::allocate(std::uint64_t bytes) {
  std::size_t pages = 1;
  while (pages * page_4k < bytes)
    pages *= 2;
  return pages == 1 ? pages_.allocate() : pages_.allocate_block(pages);
}

void ItsDriver::fail(const std::string& what) const {
  throw DriverError("the ITS at " + format_hex(config_.its_base.value()) + " " + what);
}

}  // namespace iommusim::software
