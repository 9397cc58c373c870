// SPDX-License-Identifier: Apache-2.0
// What software has written to the registers of an ITS, with their read-only parts.
#pragma once

#include "interrupts/gic/config.h"
#include "interrupts/gic/its_registers.h"

#include <array>
#include <cstdint>

namespace iommusim::gic {

class ItsRegisterFile {
 public:
  explicit ItsRegisterFile(const ItsConfig& config);

  bool is_enabled() const { return control_.get<gits::Control::Enabled>(); }
  const gits::CommandQueueBase& queue() const { return queue_; }
  const gits::CommandWriter& writer() const { return writer_; }
  const gits::CommandReader& reader() const { return reader_; }
  const gits::TableBase& table(unsigned index) const { return tables_[index]; }
  /// GITS_BASER0 and GITS_BASER1.
  const gits::TableBase& device_table() const { return tables_[0]; }
  const gits::TableBase& collection_table() const { return tables_[1]; }

  void set_reader(const gits::CommandReader& reader) { reader_ = reader; }

  /// Offsets and widths as Doorbell has them.
  std::uint64_t read(std::uint64_t offset, unsigned width) const;

  /// What a write makes the ITS do.
  enum class Effect : std::uint8_t { none, run_commands, retry_command };
  Effect write(std::uint64_t offset, unsigned width, std::uint64_t value);

 private:
  std::uint64_t wide(std::uint64_t offset) const;
  void write_table(unsigned index, std::uint64_t value);

  unsigned architecture_;
  std::uint32_t implementation_;
  /// What of GITS_BASER0 and 1 software may write.
  std::array<std::uint64_t, 2> writable_{};
  gits::Type type_;
  gits::Control control_;
  gits::CommandQueueBase queue_;
  gits::CommandWriter writer_;
  gits::CommandReader reader_;
  std::array<gits::TableBase, gits::table_count> tables_;
};

}  // namespace iommusim::gic
