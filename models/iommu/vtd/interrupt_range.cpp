// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/interrupt_range.h"

#include "interrupts/local_apic.h"
#include "iommu/vtd/answers.h"
#include "iommu/vtd/rules.h"

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
  if (!touches_interrupt_range(request.address.value(), request.size) || request.pasid.has_value()) return std::nullopt;
  switch (request.address_type) {
    case AddressType::translated: return refuse_silently(request, rules::translated_to_interrupt_range);
    // Answered like any other: without ECAP.DT that is "unsupported", not "use the address untranslated".
    case AddressType::translation_request: return std::nullopt;
    case AddressType::untranslated: break;
  }

  const auto window = interrupts::classify_interrupt_window(as_access(request));
  if (!window.has_value()) return std::nullopt;
  if (window->is_interrupt) return pass_as_interrupt(request);
  if (request.operation == Operation::write) return refuse(request, FaultReason::invalid_interrupt_request, false);
  return refuse_silently(request, *window->rule);
}

}  // namespace iommusim::vtd
