// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/its_register_file.h"

#include "interrupts/gic/identification.h"
#include "interrupts/gic/register_access.h"

namespace iommusim::gic {

using gits::CommandQueueBase;
using gits::CommandReader;
using gits::CommandWriter;
using gits::Control;
using gits::TableBase;
using gits::TableType;
using gits::Type;

namespace {

Type type_of(const ItsConfig& config) {
  Type type;
  type.set<Type::Physical>(true);
  type.set<Type::ITTentrySize>(config.translation_entry_size - 1);
  type.set<Type::IDbits>(config.event_bits - 1);
  type.set<Type::Devbits>(config.device_bits - 1);
  type.set<Type::PTA>(config.physical_targets);
  type.set<Type::HCC>(config.hardware_collections);
  type.set<Type::CIDbits>(config.collection_bits - 1);
  type.set<Type::CIL>(true);
  return type;
}

TableBase table_of(TableType type, unsigned entry_size, const ItsConfig& config) {
  TableBase table;
  table.set<TableBase::Type>(type);
  table.set<TableBase::EntrySize>(entry_size - 1);
  if (config.table_page) table.set<TableBase::PageSize>(static_cast<std::uint64_t>(*config.table_page));
  return table;
}

bool is_identification(std::uint64_t offset) {
  return offset >= identification_offset && offset < identification_offset + identification_size;
}

}  // namespace

ItsRegisterFile::ItsRegisterFile(const ItsConfig& config)
    : architecture_{config.architecture}, implementation_{config.implementation}, type_{type_of(config)} {
  const std::uint64_t chosen = TableBase::writable | (config.table_page ? 0 : TableBase::PageSize::mask);
  writable_ = {chosen | (config.indirect_device_table ? TableBase::Indirect::mask : 0), chosen};
  tables_[0] = table_of(TableType::devices, config.device_entry_size, config);
  tables_[1] = table_of(TableType::collections, config.collection_entry_size, config);
}

std::uint64_t ItsRegisterFile::read(std::uint64_t offset, unsigned width) const {
  if (!is_register_access(offset, width) || offset >= gits::control_page_size) return 0;
  if (is_identification(offset)) return width == 4 ? identification(offset, architecture_) : 0;
  return part_of(wide(offset & ~std::uint64_t{7}), offset, width);
}

std::uint64_t ItsRegisterFile::wide(std::uint64_t offset) const {
  if (offset >= gits::baser && offset < gits::baser + std::uint64_t{gits::table_count} * 8)
    return tables_[(offset - gits::baser) / 8].raw();
  switch (offset) {
    case gits::ctlr: {
      // Nothing is ever under way when a register is read.
      Control control = control_;
      control.set<Control::Quiescent>(!is_enabled());
      return control.raw() | std::uint64_t{implementation_} << 32;
    }
    case gits::typer: return type_.raw();
    case gits::cbaser: return queue_.raw();
    case gits::cwriter: return writer_.raw();
    case gits::creadr: return reader_.raw();
    default: return 0;
  }
}

// Changing GITS_CBASER or a GITS_BASER<n> while the ITS is enabled is unpredictable: it is ignored here.
ItsRegisterFile::Effect ItsRegisterFile::write(std::uint64_t offset, unsigned width, std::uint64_t value) {
  if (!is_register_access(offset, width)) return Effect::none;
  const std::uint64_t place = offset & ~std::uint64_t{7};
  if (place >= gits::baser && place < gits::baser + std::uint64_t{gits::table_count} * 8) {
    const auto index = static_cast<unsigned>((place - gits::baser) / 8);
    if (!is_enabled()) write_table(index, merged(tables_[index].raw(), offset, width, value));
    return Effect::none;
  }
  if (offset == gits::ctlr) {
    control_.set<Control::Enabled>(Control{value}.get<Control::Enabled>());
    return Effect::run_commands;
  }
  if (place == gits::cbaser && !is_enabled()) {
    queue_ = CommandQueueBase{merged(queue_.raw(), offset, width, value) & CommandQueueBase::writable};
    reader_ = CommandReader{};
    return Effect::none;
  }
  if (place != gits::cwriter) return Effect::none;
  const CommandWriter written{merged(writer_.raw(), offset, width, value)};
  writer_ = CommandWriter{written.raw() & CommandWriter::writable};
  return written.get<CommandWriter::Retry>() ? Effect::retry_command : Effect::run_commands;
}

void ItsRegisterFile::write_table(unsigned index, std::uint64_t value) {
  if (index >= writable_.size()) return;
  const std::uint64_t kept = tables_[index].raw() & ~writable_[index];
  tables_[index] = TableBase{kept | (value & writable_[index])};
}

}  // namespace iommusim::gic
