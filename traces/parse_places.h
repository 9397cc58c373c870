// SPDX-License-Identifier: Apache-2.0
// Addresses in a line of a trace.
#pragma once

#include "base/address.h"
#include "traces/operation.h"
#include "traces/tokens.h"

#include <cstdint>
#include <string_view>

namespace iommusim::traces {

std::uint64_t take_address(Tokens& tokens);
/// A number, or a BAR, whose offset is the result: devices of a platform begin with a letter.
std::uint64_t take_place(Tokens& tokens, BarName& bar);
/// A multiple of 4 KiB, as `expected` says.
std::uint64_t take_page_address(Tokens& tokens, std::string_view expected);

struct Pages {
  Iova iova;
  std::uint64_t size = 0;
};
/// An I/O address and a size, both in whole pages.
Pages take_pages(Tokens& tokens);

/// Throws InputError at `where` when the bytes pass the end of the address space.
void refuse_wrap(const Tokens& tokens, const Token& where, std::uint64_t address, std::uint64_t size);

}  // namespace iommusim::traces
