// SPDX-License-Identifier: Apache-2.0
// Advanced Error Reporting capability (PCIe base specification, 7.8.4).
#pragma once

#include "base/word.h"

#include <cstdint>

namespace iommusim::pcie {

/// Offsets in bytes from the extended capability.
namespace error_reporting {
constexpr unsigned uncorrectable_status = 0x04;
constexpr unsigned uncorrectable_mask = 0x08;
constexpr unsigned uncorrectable_severity = 0x0C;
constexpr unsigned correctable_status = 0x10;
constexpr unsigned correctable_mask = 0x14;
constexpr unsigned control = 0x18;
constexpr unsigned header_log = 0x1C;
constexpr unsigned bytes = 0x2C;

// Root ports only.
constexpr unsigned root_error_command = 0x2C;
constexpr unsigned root_error_status = 0x30;
constexpr unsigned error_source = 0x34;
constexpr unsigned root_port_bytes = 0x38;
}  // namespace error_reporting

/// Uncorrectable Error Status; also the layout of Mask and Severity.
struct UncorrectableErrors : Word<32> {
  using Word::Word;
  struct DataLinkProtocolError : Field<4, 4> {};
  struct SurpriseDownError : Field<5, 5> {};
  struct PoisonedTlp : Field<12, 12> {};
  struct FlowControlProtocolError : Field<13, 13> {};
  struct CompletionTimeout : Field<14, 14> {};
  struct CompleterAbort : Field<15, 15> {};
  struct UnexpectedCompletion : Field<16, 16> {};
  struct ReceiverOverflow : Field<17, 17> {};
  struct MalformedTlp : Field<18, 18> {};
  struct EcrcError : Field<19, 19> {};
  struct UnsupportedRequest : Field<20, 20> {};
  struct AcsViolation : Field<21, 21> {};
  struct PoisonedTlpEgressBlocked : Field<26, 26> {};
};

/// Correctable Error Status; also the layout of Mask.
struct CorrectableErrors : Word<32> {
  using Word::Word;
  struct ReceiverError : Field<0, 0> {};
  struct BadTlp : Field<6, 6> {};
  struct BadDllp : Field<7, 7> {};
  struct ReplayNumberRollover : Field<8, 8> {};
  struct ReplayTimerTimeout : Field<12, 12> {};
  struct AdvisoryNonFatalError : Field<13, 13> {};
};

/// Advanced Error Capabilities and Control.
struct ErrorControl : Word<32> {
  using Word::Word;
  /// Bit of Uncorrectable Error Status that the header log belongs to; valid while that bit is set.
  struct FirstErrorPointer : Field<4, 0> {};
};

}  // namespace iommusim::pcie
