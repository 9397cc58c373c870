// SPDX-License-Identifier: Apache-2.0
// The fault conditions by reason: whether FPD keeps them out of the record, and how a translation request ends that
// meets them (VT-d specification, tables of 5.1.4.1 and 7.1.3; 0x82 of revisions with execute requests).
#pragma once

#include <array>
#include <cstdint>

namespace iommusim::oracle::vtd {

enum class TranslationRequestEnd : std::uint8_t { unsupported, aborted, without_rights, without_rights_recorded };

struct Condition {
  std::uint8_t reason;
  bool qualified;
  TranslationRequestEnd end;
};

namespace conditions {
constexpr auto UR = TranslationRequestEnd::unsupported;
constexpr auto CA = TranslationRequestEnd::aborted;
constexpr auto S0 = TranslationRequestEnd::without_rights;
constexpr auto SR = TranslationRequestEnd::without_rights_recorded;

constexpr std::array<Condition, 73> all{{
    {0x01, false, UR}, {0x02, true, UR},  {0x03, true, CA},  {0x04, true, S0},  {0x05, true, S0},  {0x06, true, S0},
    {0x07, true, CA},  {0x08, false, CA}, {0x09, false, CA}, {0x0A, false, CA}, {0x0B, true, CA},  {0x0C, true, CA},
    {0x0D, true, UR},  {0x0E, true, CA},  {0x20, false, UR}, {0x21, false, UR}, {0x22, true, UR},  {0x23, false, UR},
    {0x24, true, UR},  {0x25, false, UR}, {0x26, true, UR},  {0x27, true, UR},  {0x28, true, UR},  {0x29, false, UR},
    {0x30, false, CA}, {0x31, false, UR}, {0x32, false, UR}, {0x38, false, CA}, {0x39, false, UR}, {0x3A, false, CA},
    {0x40, false, CA}, {0x41, true, UR},  {0x42, true, CA},  {0x43, true, CA},  {0x44, true, UR},  {0x45, true, UR},
    {0x46, true, UR},  {0x47, true, UR},  {0x48, true, UR},  {0x50, false, CA}, {0x51, true, S0},  {0x52, true, CA},
    {0x58, false, CA}, {0x59, true, S0},  {0x5A, true, CA},  {0x5B, true, CA},  {0x5C, true, S0},  {0x5D, true, S0},
    {0x70, true, S0},  {0x71, true, S0},  {0x72, true, S0},  {0x73, true, S0},  {0x74, true, S0},  {0x75, true, S0},
    {0x76, true, S0},  {0x77, true, S0},  {0x78, true, CA},  {0x79, true, S0},  {0x7A, true, CA},  {0x7B, true, CA},
    {0x7C, true, CA},  {0x7D, true, CA},  {0x80, true, S0},  {0x81, true, S0},  {0x82, true, S0},  {0x83, true, S0},
    {0x84, true, S0},  {0x85, true, S0},  {0x86, true, S0},  {0x87, true, CA},  {0x89, true, UR},  {0x90, true, S0},
    {0x91, true, SR},
}};
}  // namespace conditions

/// Precondition: one of the table.
constexpr Condition condition_of(std::uint8_t reason) {
  for (const Condition& each : conditions::all)
    if (each.reason == reason) return each;
  return {};
}

}  // namespace iommusim::oracle::vtd
