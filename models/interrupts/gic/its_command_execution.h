// SPDX-License-Identifier: Apache-2.0
// What each command of an ITS does to its tables and to redistributors (GICv3 architecture, 5.3).
#pragma once

#include "interrupts/gic/config.h"
#include "interrupts/gic/event_translation.h"
#include "interrupts/gic/its_commands.h"
#include "interrupts/gic/its_tables.h"
#include "interrupts/gic/redistributors.h"

#include <utility>

namespace iommusim::gic {

/// Tables and redistributors must outlive it.
class ItsCommandExecution {
 public:
  ItsCommandExecution(ItsConfig config, ItsTables& tables, Redistributors& redistributors)
      : config_{std::move(config)}, tables_{tables}, redistributors_{redistributors} {}

  /// Anything but `none`: the command had no effect.
  CommandError execute(const Command& command);

  /// nullptr: RDbase names none.
  Redistributor* target(std::uint64_t rdbase) const;

 private:
  /// An event as a command names it, with the redistributor that its collection has now.
  struct Event {
    CommandError error = CommandError::none;
    DeviceEntry device;
    TranslationEntry translation;
    /// nullptr: the collection has none.
    Redistributor* redistributor = nullptr;
  };
  struct Device {
    CommandError error = CommandError::none;
    DeviceEntry entry;
  };

  CommandError map_device(const Command& command);
  CommandError map_collection(const Command& command);
  CommandError map_interrupt(const Command& command, std::uint32_t intid);
  CommandError move_interrupt(const Command& command);
  CommandError move_all(const Command& command) const;
  CommandError discard(const Command& command);
  CommandError set_pending(const Command& command);
  CommandError clear_pending(const Command& command);
  CommandError invalidate(const Command& command);
  CommandError invalidate_all(const Command& command);

  Device find_device(const Command& command) const;
  Event find_event(const Command& command) const;
  Event find_mapped_event(const Command& command) const;
  Redistributor* redistributor_of(std::uint32_t collection) const;
  bool has_collection(const Command& command) const;

  ItsConfig config_;
  ItsTables& tables_;
  Redistributors& redistributors_;
};

}  // namespace iommusim::gic
