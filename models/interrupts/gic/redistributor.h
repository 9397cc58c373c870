// SPDX-License-Identifier: Apache-2.0
// The LPI part of one redistributor: which LPIs are pending, which are enabled, and what reaches its processor (GICv3
// architecture, 5.1).
#pragma once

#include "interrupts/gic/config.h"
#include "interrupts/gic/delivery_log.h"
#include "interrupts/gic/doorbell.h"
#include "interrupts/gic/lpi_tables.h"
#include "interrupts/gic/redistributor_registers.h"
#include "memory/physical_bus.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::gic {

/// An enabled LPI goes to the processor at once, which acknowledges it. Another stays in the pending table until its
/// configuration, read again by invalidate(), has it enabled. Bus and log must outlive it.
class Redistributor {
 public:
  Redistributor(const RedistributorConfig& config, std::uint32_t processor, memory::PhysicalBus& bus, DeliveryLog& log);

  std::uint32_t processor() const { return processor_; }

  /// What an LPI would come to, and make it come. Never throws; what is in the tables comes from software.
  DoorbellResult decide_set(std::uint32_t intid) const;
  DoorbellResult set_pending(std::uint32_t intid);
  /// False: it was not pending.
  bool clear_pending(std::uint32_t intid);
  /// Forgets the configuration of one LPI, or of all, and delivers what now is enabled: the highest priority first,
  /// then the lowest INTID.
  void invalidate(std::uint32_t intid);
  void invalidate_all();
  /// The LPI is no longer this redistributor's: neither pending nor kept. Software that changes its configuration from
  /// now on invalidates it elsewhere. False: it was not pending.
  bool give_up(std::uint32_t intid);
  /// MOVALL: all that is pending goes to `other`.
  void move_all_to(Redistributor& other);

  /// Offsets in RD_base and SGI_base. For widths see Doorbell.
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const;
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value);

 private:
  struct CachedConfiguration {
    /// 0: none.
    std::uint32_t intid = 0;
    gicr::LpiConfiguration configuration;
  };
  struct Waiting {
    std::uint8_t priority;
    std::uint32_t intid;
  };

  bool is_enabled() const { return control_.get<gicr::Control::EnableLPIs>(); }
  std::uint64_t wide_register(std::uint64_t offset) const;
  void write_control(std::uint32_t value);
  void act(std::uint64_t offset, std::uint64_t value);
  void load_tables();
  void forget(std::uint32_t intid);
  std::size_t slot_of(std::uint32_t intid) const { return intid & (cache_.size() - 1); }
  std::optional<gicr::LpiConfiguration> configuration_of(std::uint32_t intid) const;
  void keep(std::uint32_t intid);
  void deliver_enabled();

  RedistributorConfig config_;
  std::uint32_t processor_;
  memory::PhysicalBus& bus_;
  DeliveryLog& log_;

  gicr::Control control_;
  gicr::PropertiesBase properties_base_;
  gicr::PendingBase pending_base_;
  bool pending_table_is_zero_ = false;
  /// In force while LPIs are enabled.
  LpiTables tables_;
  /// Direct-mapped by INTID.
  std::vector<CachedConfiguration> cache_;
  /// LPIs whose bit in the pending table is set.
  std::uint64_t waiting_ = 0;
};

}  // namespace iommusim::gic
