// SPDX-License-Identifier: Apache-2.0
// One access as the fabric sees it.
#pragma once

#include "base/address.h"
#include "base/requester_id.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace iommusim {

enum class Operation : std::uint8_t { read, write, atomic };

/// Address type of a memory request (PCIe base specification, 2.2.4.1; ATS).
enum class AddressType : std::uint8_t { untranslated = 0, translation_request = 1, translated = 2 };

/// Status of a completion (PCIe base specification, 2.2.9). `none`: posted, no completion exists.
enum class CompletionStatus : std::uint8_t {
  successful = 0,
  unsupported_request = 1,
  completer_abort = 4,
  none = 0xFE,
  timeout = 0xFF,
};

/// A memory request: at most one TLP, so it never crosses a 4 KiB boundary. An access of a trace that is larger
/// becomes several of these (see pcie/tlp_split.h).
struct Access {
  Operation operation = Operation::read;
  AddressType address_type = AddressType::untranslated;
  /// Who asks, as the requester's TLP says it; a bridge may replace it on the way.
  RequesterId requester;
  std::optional<Pasid> pasid;
  /// With a PASID: supervisor privilege and execute permission requested.
  bool privileged = false;
  bool execute = false;
  /// Attributes and traffic class of the TLP (PCIe base specification, 2.2.6.3 to 2.2.6.6).
  bool relaxed_ordering = false;
  bool id_based_ordering = false;
  bool no_snoop = false;
  std::uint8_t traffic_class = 0;
  /// EP of the TLP: its sender knows that the data is bad (PCIe base specification, 2.7.2). Never of a read, which
  /// brings none.
  bool poisoned = false;
  /// An interrupt message: its address comes from the message's own register, not from the DMA engine.
  bool message = false;
  BusAddr address;
  /// Bytes; 0 is a zero-length read (a flush).
  std::uint32_t size = 0;

  /// A write has no completion, so nobody tells the device that it was lost.
  bool posted() const { return operation == Operation::write; }
};

std::string_view to_string(Operation operation);
std::string_view to_string(AddressType type);
std::string_view to_string(CompletionStatus status);

}  // namespace iommusim
