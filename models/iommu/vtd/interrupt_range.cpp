// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_range.h"

#include "interrupts/local_apic.h"
#include "iommu/vtd/answers.h"

namespace iommusim::vtd {
namespace {

Access as_access(const iommu::TranslationRequest& request) {
  Access access;
  access.operation = request.operation;
  access.requester = request.requester;
  access.address = BusAddr{request.address.value()};
  access.size = request.size;
  return access;
}

}  // namespace

std::optional<iommu::TranslationResult> decide_interrupt_range(const iommu::TranslationRequest& request) {
  if (request.pasid.has_value() || request.address_type != AddressType::untranslated) return std::nullopt;
  const auto window = interrupts::classify_interrupt_window(as_access(request));
  if (!window.has_value()) return std::nullopt;
  if (window->is_interrupt) return pass_as_interrupt(request);
  const bool is_flush = request.operation == Operation::read && request.size == 0;
  return is_flush ? complete_without_access() : refuse(request, FaultReason::invalid_interrupt_request, false);
}

}  // namespace iommusim::vtd
