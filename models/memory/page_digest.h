// SPDX-License-Identifier: Apache-2.0
// FNV-1a (64 bits) over the pages of a memory: of each that is not all zero its number and its bytes.
#pragma once

#include "base/address.h"
#include "memory/few_lines.h"

#include <cstddef>
#include <cstdint>

namespace iommusim::memory {

/// Pages must come in ascending order for equal memories to have equal digests.
class PageDigest {
 public:
  std::uint64_t value() const { return hash_; }

  /// `page`: its 4 KiB.
  void add_page(std::uint64_t number, const std::uint8_t* page);
  /// The same of a page that is zero but for `lines`, which ascend.
  void add_lines(std::uint64_t number, const FewLines& lines, const LineStore& store);

 private:
  void add_word(std::uint64_t word);
  void add_words(const std::uint8_t* bytes, std::size_t count);
  void add_zero_words(std::size_t count) { zeros_ += count; }
  void end_zeros();

  std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325;
  /// Words of the page that were zero since the last that was not. A zero only multiplies, so a run of them is one
  /// step: most of the pages of a scattered workload is zero.
  std::size_t zeros_ = 0;
};

}  // namespace iommusim::memory
