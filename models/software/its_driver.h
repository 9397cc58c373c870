// SPDX-License-Identifier: Apache-2.0
// What an operating system's driver does with one ITS and the redistributors behind it (GICv3 architecture, 5
// and 12.19): it brings them up, and gives the vectors of devices their messages and LPIs. It follows Linux where the
// architecture leaves a choice.
#pragma once

#include "interrupts/gic/its_registers.h"
#include "interrupts/gic/redistributor_registers.h"
#include "interrupts/msi.h"
#include "software/its_command_queue.h"
#include "software/lpi_ranges.h"
#include "software/page_allocator.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iommusim::software {

struct ItsDriverConfig {
  /// Physical addresses of GITS_CTLR and of the first redistributor's GICR_CTLR.
  PhysAddr its_base;
  PhysAddr redistributor_base;
  /// Interrupts of the distributor: GICD_TYPER.IDbits + 1. The driver uses no more than 65536.
  unsigned interrupt_bits = 16;
  /// How often a status is read before the driver reports that hardware does not answer.
  unsigned max_polls = 1000;
};

/// What a device is told for a vector, and what becomes of it.
struct ItsVector {
  /// At the physical address of GITS_TRANSLATER; whoever maps the doorbell replaces it.
  interrupts::MsiMessage message;
  std::uint32_t intid = 0;
  std::uint32_t processor = 0;
};

/// Bus and allocator must outlive it. Every call returns when the ITS has executed its commands, or throws DriverError.
class ItsDriver {
 public:
  ItsDriver(CpuBus& bus, PageAllocator& pages, const ItsDriverConfig& config);

  /// Queue, tables, the ITS; then each redistributor's LPI tables, and one collection for each processor.
  void enable();
  /// From enable() on.
  std::uint32_t processors() const { return static_cast<std::uint32_t>(targets_.size()); }

  /// MAPD, with room for `vectors` events, and as many LPIs, masked. The DeviceID must be new.
  void add_device(std::uint32_t device, unsigned vectors);
  /// DISCARD for each event, MAPD with V=0. Its LPIs are free again.
  void remove_device(std::uint32_t device);
  bool has_device(std::uint32_t device) const { return devices_.count(device) != 0; }

  /// MAPTI: `event` interrupts `processor` from now on, once unmasked.
  ItsVector map_vector(std::uint32_t device, std::uint32_t event, std::uint32_t processor);
  /// The configuration byte, then INV. The vector must be mapped.
  void set_masked(std::uint32_t device, std::uint32_t event, bool masked);
  /// MOVI.
  void set_affinity(std::uint32_t device, std::uint32_t event, std::uint32_t processor);
  /// DISCARD. The event is free again, and so is its LPI.
  void unmap_vector(std::uint32_t device, std::uint32_t event);

 private:
  struct Device {
    PhysAddr table;
    std::size_t table_pages = 0;
    std::uint32_t first_lpi = 0;
    std::uint32_t vectors = 0;
    /// Processor of each mapped event.
    std::map<std::uint32_t, std::uint32_t> mapped;
  };

  // Bringing it up.
  void disable();
  void set_up_table(unsigned index);
  gic::gits::TableBase set_page_size(unsigned index);
  gic::gits::TableBase set_depth(unsigned index, gic::gits::TableBase table, std::uint64_t ids);
  void allocate_lpi_tables();
  void enable_redistributors();
  void enable_redistributor(std::uint32_t processor);

  // Devices and vectors.
  void map_level_2(std::uint32_t device);
  Device& find(std::uint32_t device);
  std::uint32_t& find_mapped(Device& device, std::uint32_t event);
  void discard(std::uint32_t id, Device& device, std::uint32_t event);
  void configure(std::uint32_t intid, bool enabled);

  PhysAddr allocate(std::uint64_t bytes);
  [[noreturn]] void fail(const std::string& what) const;

  CpuBus& bus_;
  PageAllocator& pages_;
  ItsDriverConfig config_;
  gic::gits::Type type_;
  ItsCommandQueue queue_;
  gic::gits::TableBase device_table_;
  /// First level of the device table, where it has two.
  PhysAddr level_1_;
  PhysAddr properties_;
  /// Width of the INTIDs in use.
  unsigned interrupt_bits_ = 0;
  LpiRanges lpis_;
  /// RDbase of each processor.
  std::vector<std::uint64_t> targets_;
  std::map<std::uint32_t, Device> devices_;
};

}  // namespace iommusim::software
