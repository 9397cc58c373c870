// SPDX-License-Identifier: Apache-2.0
#include "memory/host_block.h"

#include <new>
#include <sys/mman.h>

namespace iommusim::memory {
namespace {

/// MADV_POPULATE_WRITE of Linux 5.14.
constexpr int populate_for_writing = 23;

}  // namespace

/// Aligned, as the host prefers it: of twice as much, what lies outside is given back.
HostBlock::HostBlock() {
  void* const twice =
      mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (twice == MAP_FAILED) throw std::bad_alloc{};
  auto* const first = static_cast<std::uint8_t*>(twice);
  void* aligned = twice;
  std::size_t left = 2 * bytes;
  std::align(bytes, bytes, aligned, left);
  const std::size_t before = 2 * bytes - left;
  if (before != 0) munmap(first, before);
  munmap(first + before + bytes, bytes - before);
  data_.reset(first + before);
}

void HostBlock::make_real() const {
  static_cast<void>(madvise(data(), bytes, populate_for_writing));
}

void HostBlock::Unmap::operator()(std::uint8_t* first) const {
  munmap(first, bytes);
}

}  // namespace iommusim::memory
