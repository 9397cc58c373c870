// SPDX-License-Identifier: Apache-2.0
#include "pcie/error_logging.h"

#include "pcie/capability_list.h"
#include "pcie/error_reporting_capability.h"
#include "pcie/header.h"
#include "pcie/rules.h"
#include "pcie/tlp_header.h"

#include <array>
#include <optional>

namespace iommusim::pcie {

namespace {

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}

/// Error registers of one function.
class ErrorRegisters {
 public:
  ErrorRegisters(Topology& topology, NodeIndex node)
      : topology_{topology},
        node_{node},
        express_{find_capability(reader_of(config()), CapabilityId::pci_express)},
        reporting_{find_extended_capability(reader_of(config()), ExtendedCapabilityId::advanced_error_reporting)} {}

  /// A conventional PCI function tells nobody of what it refuses.
  bool is_express() const { return express_.has_value(); }

  template <class Error>
  bool is_fatal() const {
    return reporting_ && reporting<UncorrectableErrors>(error_reporting::uncorrectable_severity).template get<Error>();
  }

  /// 6.2.4: the log keeps the first error that is not masked, until software has cleared its status bit.
  template <class Error>
  void uncorrectable(const Access* access) {
    if (!reporting_) return;
    const auto first = reporting<ErrorControl>(error_reporting::control).get<ErrorControl::FirstErrorPointer>();
    const bool occupied =
        (reporting<UncorrectableErrors>(error_reporting::uncorrectable_status).raw() >> first & 1) != 0;
    const bool masked = reporting<UncorrectableErrors>(error_reporting::uncorrectable_mask).get<Error>() != 0;
    latch(*reporting_ + error_reporting::uncorrectable_status, 4, low(Error::mask));
    if (!occupied && !masked) log<Error>(access);
  }

  void advisory() {
    device<DeviceStatus::CorrectableErrorDetected>();
    if (reporting_)
      latch(*reporting_ + error_reporting::correctable_status, 4, low(CorrectableErrors::AdvisoryNonFatalError::mask));
  }

  template <class Event>
  void device() {
    if (express_) latch(*express_ + pci_express::device_status, 2, low(Event::mask));
  }
  /// Secondary Status of a port: what comes from below it is refused there, and a bridge masters its secondary bus
  /// there.
  template <class Event>
  void secondary_status() {
    const bool from_below = is_port(topology_[node_].type);
    latch(from_below ? header::secondary_status : header::status, 2, low(Event::mask));
  }
  template <class Event>
  void status() {
    latch(header::status, 2, low(Event::mask));
  }

 private:
  const ConfigSpace& config() const { return topology_[node_].config; }
  void latch(unsigned offset, unsigned width, std::uint32_t bits) { topology_.latch(node_, offset, width, bits); }

  template <class W>
  W reporting(unsigned offset) const {
    return config().get<W>(*reporting_ + offset);
  }

  template <class Error>
  void log(const Access* access) {
    auto control = reporting<ErrorControl>(error_reporting::control);
    control.set<ErrorControl::FirstErrorPointer>(Error::lo);
    topology_.record(node_, *reporting_ + error_reporting::control, 4, low(control.raw()));
    const auto header = access != nullptr ? request_header(*access) : std::array<std::uint32_t, 4>{};
    for (unsigned i = 0; i < header.size(); ++i)
      topology_.record(node_, *reporting_ + error_reporting::header_log + 4 * i, 4, header[i]);
  }

  Topology& topology_;
  NodeIndex node_;
  std::optional<unsigned> express_;
  std::optional<unsigned> reporting_;
};

/// Role-based error reporting (6.2.3.2.4.1): the completion tells the requester, who decides how bad it is.
template <class Error>
void log_request_error(ErrorRegisters& registers, const Access& access) {
  registers.uncorrectable<Error>(&access);
  if (registers.is_fatal<Error>())
    registers.device<DeviceStatus::FatalErrorDetected>();
  else if (access.posted())
    registers.device<DeviceStatus::NonFatalErrorDetected>();
  else
    registers.advisory();
}

/// 2.7.2.2: never advisory, even where a completion tells the requester.
void log_discarded_data(ErrorRegisters& registers, const Access& access) {
  registers.uncorrectable<UncorrectableErrors::PoisonedTlp>(&access);
  if (registers.is_fatal<UncorrectableErrors::PoisonedTlp>())
    registers.device<DeviceStatus::FatalErrorDetected>();
  else
    registers.device<DeviceStatus::NonFatalErrorDetected>();
}

/// A function receives what it refuses, but for the violations of its own ACS: those it wanted to send.
bool is_received_by_function(const Node& node, const Rule& rule) {
  return !is_port(node.type) && !is_acs_violation(rule);
}

}  // namespace

bool is_acs_violation(const Rule& rule) {
  return &rule == &rules::acs_source_validation || &rule == &rules::acs_translation_blocking ||
         &rule == &rules::acs_egress_blocked || &rule == &rules::acs_downstream_target_blocked ||
         &rule == &rules::acs_upstream_target_blocked;
}

void log_refusal(Topology& topology, NodeIndex by, const Access& access, const Rule& rule) {
  // What is lost has no receiver.
  if (&rule == &rules::port_u_turn_dropped || &rule == &rules::link_disabled) return;
  ErrorRegisters registers{topology, by};
  if (access.poisoned && is_received_by_function(topology[by], rule)) registers.status<Status::DetectedParityError>();
  if (!registers.is_express()) return;
  if (&rule == &rules::completer_poisoned || &rule == &rules::root_complex_poisoned)
    return log_discarded_data(registers, access);
  if (&rule == &rules::port_poisoned_egress_blocked)
    return log_request_error<UncorrectableErrors::PoisonedTlpEgressBlocked>(registers, access);
  if (is_acs_violation(rule)) {
    log_request_error<UncorrectableErrors::AcsViolation>(registers, access);
    if (!access.posted()) registers.secondary_status<Status::SignaledTargetAbort>();
    return;
  }
  if (&rule == &rules::pci_bus_master_abort) registers.secondary_status<Status::ReceivedMasterAbort>();
  log_request_error<UncorrectableErrors::UnsupportedRequest>(registers, access);
  registers.device<DeviceStatus::UnsupportedRequestDetected>();
}

void log_poisoned(Topology& topology, NodeIndex receiver, Side side, const Access& access, Poisoned fate) {
  ErrorRegisters registers{topology, receiver};
  if (side == Side::primary)
    registers.status<Status::DetectedParityError>();
  else
    registers.secondary_status<Status::DetectedParityError>();
  if (fate == Poisoned::ends) return;
  registers.uncorrectable<UncorrectableErrors::PoisonedTlp>(&access);
  if (registers.is_fatal<UncorrectableErrors::PoisonedTlp>())
    registers.device<DeviceStatus::FatalErrorDetected>();
  else
    registers.advisory();
}

void log_completion(Topology& topology, NodeIndex requester, CompletionStatus status) {
  if (status == CompletionStatus::successful || status == CompletionStatus::none) return;
  ErrorRegisters registers{topology, requester};
  switch (status) {
    case CompletionStatus::unsupported_request: registers.status<Status::ReceivedMasterAbort>(); return;
    case CompletionStatus::completer_abort: registers.status<Status::ReceivedTargetAbort>(); return;
    case CompletionStatus::timeout:
      registers.uncorrectable<UncorrectableErrors::CompletionTimeout>(nullptr);
      registers.device<DeviceStatus::NonFatalErrorDetected>();
      return;
    case CompletionStatus::successful:
    case CompletionStatus::none: return;
  }
}

}  // namespace iommusim::pcie
