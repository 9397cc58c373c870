// SPDX-License-Identifier: Apache-2.0
// The binary form of a trace: common operations as records of fixed size, all others as lines of the text form.
// docs/trace-format.md, "Binary form", is the reference.
#pragma once

#include "base/word.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace iommusim::traces::binary_form {

/// What a file begins with; the last byte is the version.
constexpr std::string_view magic{"\x89iommusim-trace\x01", 16};

enum class RecordKind : std::uint8_t {
  /// 24 bytes: a DMA without data, PASID, alias, BAR name and traffic class.
  dma = 1,
  /// 4 bytes, and then a name of `length` bytes: devices are numbered in the order of their names, from 0.
  name = 2,
  /// 4 bytes, and then a line of the text form of `length` bytes.
  line = 3,
};

/// The first word of every record, little-endian.
struct Head : Word<32> {
  using Word::Word;
  struct Kind : Field<7, 0, RecordKind> {};
  /// name, line.
  struct Length : Field<31, 8> {};
  /// dma.
  struct Device : Field<31, 16, std::uint16_t> {};
  struct Op : Field<9, 8, std::uint8_t> {};
  struct Translated : Field<10, 10, bool> {};
  struct RelaxedOrdering : Field<11, 11, bool> {};
  struct IdOrdering : Field<12, 12, bool> {};
  struct Poisoned : Field<13, 13, bool> {};
  struct Firmware : Field<14, 14, bool> {};
  struct Zero : Field<15, 15> {};
};

constexpr std::size_t head_bytes = 4;
/// Of a dma record, behind its head: size (32 bits), time since the operation before in ps (64), address (64).
constexpr std::size_t size_at = 4;
constexpr std::size_t step_at = 8;
constexpr std::size_t address_at = 16;
constexpr std::size_t dma_bytes = 24;

}  // namespace iommusim::traces::binary_form
