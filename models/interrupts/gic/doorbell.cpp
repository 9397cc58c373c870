// SPDX-License-Identifier: Apache-2.0
#include "interrupts/gic/doorbell.h"

#include "interrupts/gic/rules.h"
#include "pcie/rules.h"

namespace iommusim::gic {
namespace {

/// Registers read as zeros to devices, and no bus carries AtomicOps to them (PCIe base specification, 6.15). nullopt:
/// a write of data.
std::optional<DoorbellResult> decide_other_access(const Access& access) {
  DoorbellResult result;
  if (access.operation == Operation::read) {
    result.rule = &rules::doorbell_read;
    result.status = CompletionStatus::successful;
    return result;
  }
  if (access.operation == Operation::atomic) {
    result.outcome = DoorbellOutcome::refused;
    result.rule = &rules::doorbell_atomic;
    result.status = CompletionStatus::unsupported_request;
    return result;
  }
  if (!access.poisoned) return std::nullopt;
  result.outcome = DoorbellOutcome::refused;
  result.rule = &pcie::rules::root_complex_poisoned;
  return result;
}

}  // namespace

DoorbellResult Doorbell::decide(const DoorbellRequest& request) const {
  if (const auto other = decide_other_access(request.access)) return *other;
  const Access& access = request.access;
  return decide_message(
      {access.address.value() - base().value(), access.size, request.data, access.requester, request.device});
}

DoorbellResult Doorbell::ring(const DoorbellRequest& request) {
  if (const auto other = decide_other_access(request.access)) return *other;
  const Access& access = request.access;
  return send_message(
      {access.address.value() - base().value(), access.size, request.data, access.requester, request.device});
}

Landing landing_of(const DoorbellResult& result, const Access& access, ComponentId doorbell) {
  const bool taken = result.outcome == DoorbellOutcome::delivered || result.outcome == DoorbellOutcome::pending;
  if (!taken) return rejection(doorbell, *result.rule, result.status);
  Landing landing;
  landing.kind = LandingKind::interrupt;
  landing.where = doorbell;
  landing.decide(doorbell, *result.rule);
  landing.status = result.status;
  landing.address = access.address.value();
  landing.vector = result.intid;
  landing.destination = result.processor;
  return landing;
}

}  // namespace iommusim::gic
