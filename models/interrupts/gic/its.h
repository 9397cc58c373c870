// SPDX-License-Identifier: Apache-2.0
// An interrupt translation service: the message target of a GICv3 that knows devices apart (GICv3 architecture, 5.2).
#pragma once

#include "interrupts/gic/doorbell.h"
#include "interrupts/gic/its_command_execution.h"
#include "interrupts/gic/its_register_file.h"
#include "interrupts/gic/its_tables.h"

#include <cstdint>
#include <optional>

namespace iommusim::gic {

class Its final : public Doorbell {
 public:
  /// Bus and redistributors must outlive it. The config is possible (find_impossible). The bus leads to memory only.
  Its(const ItsConfig& config, memory::PhysicalBus& bus, Redistributors& redistributors);

  const ItsConfig& config() const { return config_; }

  PhysAddr base() const override { return config_.register_base; }
  std::uint64_t size() const override { return gits::frame_size; }
  std::uint64_t read_register(std::uint64_t offset, unsigned width) const override;
  /// Commands are executed before the call returns: at most as many as the queue has places.
  void write_register(std::uint64_t offset, unsigned width, std::uint64_t value) override;

  /// nullopt: the platform gives the requester none.
  std::optional<std::uint32_t> device_of(RequesterId requester) const;

  /// A write of `event` to GITS_TRANSLATER by `device`: what it would come to, and its effects.
  DoorbellResult decide_event(std::uint32_t device, std::uint32_t event) const;
  DoorbellResult write_translater(std::uint32_t device, std::uint32_t event);

  /// Commands executed, those with errors included; commands with errors; and the last of those errors.
  std::uint64_t commands() const { return commands_; }
  std::uint64_t command_errors() const { return command_errors_; }
  CommandError last_command_error() const { return last_command_error_; }

 private:
  /// A message with its IDs, or why it goes no further.
  struct Incoming {
    const Rule* dropped = nullptr;
    std::uint32_t device = 0;
    std::uint32_t event = 0;
  };

  DoorbellResult decide_message(const Message& message) const override;
  DoorbellResult send_message(const Message& message) override;
  Incoming receive(const Message& message) const;
  void run_commands();
  bool has_commands() const;
  CommandError run_next();
  std::optional<Command> fetch() const;

  ItsConfig config_;
  memory::PhysicalBus& bus_;
  ItsRegisterFile registers_;
  ItsTables tables_;
  ItsCommandExecution execution_;
  std::uint64_t commands_ = 0;
  std::uint64_t command_errors_ = 0;
  CommandError last_command_error_ = CommandError::none;
};

}  // namespace iommusim::gic
