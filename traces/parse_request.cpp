// SPDX-License-Identifier: Apache-2.0
#include "traces/parse_request.h"

#include "platforms/parse_bdf.h"
#include "traces/dma_rules.h"
#include "traces/parse_action.h"
#include "traces/parse_places.h"

#include <fmt/format.h>

#include <vector>

namespace iommusim::traces {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void parse_data(const Tokens& tokens, const Token& digits, std::uint64_t size, std::vector<std::uint8_t>& data) {
  if (digits.text.size() != 2 * size)
    tokens.fail(digits, fmt::format("{} hexadecimal digits ({} bytes of data)", 2 * size, size));
  data.resize(size);
  for (std::size_t i = 0; i < size; ++i) {
    const int high = hex_digit(digits.text[2 * i]);
    const int low = hex_digit(digits.text[2 * i + 1]);
    if (high < 0 || low < 0) tokens.fail(digits, "hexadecimal digits");
    data[i] = static_cast<std::uint8_t>(16 * high + low);
  }
}

/// Device and function on the device's own bus.
std::uint8_t parse_alias(const Tokens& tokens, const Token& text) {
  const auto id = platforms::parse_bdf(text.text);
  if (!id || text.text.find(':') != std::string_view::npos) tokens.fail(text, "device.function, as in 00.1");
  return id->devfn();
}

Pasid parse_pasid(const Tokens& tokens, const Token& text) {
  constexpr std::uint64_t largest = 0xF'FFFF;
  const auto value = parse_unsigned(text.text);
  if (!value || *value > largest) tokens.fail(text, "a PASID of 0 to 0xFFFFF");
  return Pasid{static_cast<std::uint32_t>(*value)};
}

/// PCIe base specification, 2.7.2.2: only a TLP with data can be poisoned.
bool take_poisoned(Operation operation, Tokens& tokens) {
  const Token where = tokens.peek();
  if (!tokens.take_if("poisoned")) return false;
  if (operation == Operation::read) tokens.refuse(where, "a read brings no data that could be poisoned");
  return true;
}

void take_ordering(Tokens& tokens, Dma& dma) {
  dma.relaxed_ordering = tokens.take_if("relaxed-ordering");
  dma.id_based_ordering = tokens.take_if("id-ordering");
  const auto traffic_class = tokens.take_if_prefixed("traffic-class=");
  if (!traffic_class) return;
  const std::string_view digit = traffic_class->text;
  if (digit.size() != 1 || digit.front() < '0' || digit.front() > '7') tokens.fail(*traffic_class, "0 to 7");
  dma.traffic_class = static_cast<std::uint8_t>(digit.front() - '0');
}

void parse_dma(Operation operation, Tokens& tokens, Action& action) {
  Dma& dma = renewed_dma(action);
  dma.operation = operation;
  const Token where = tokens.peek();
  dma.address = BusAddr{take_place(tokens, dma.bar)};
  dma.size = tokens.take_size("a size of 0 to 16 MiB", 0, largest_dma);
  if (const auto why = why_impossible(dma)) tokens.refuse(where, *why);
  if (tokens.done()) return;
  if (const auto digits = operation == Operation::write ? tokens.take_if_prefixed("data=") : std::nullopt)
    parse_data(tokens, *digits, dma.size, dma.data);
  if (tokens.take_if("translated")) dma.address_type = AddressType::translated;
  if (const auto pasid = tokens.take_if_prefixed("pasid=")) dma.pasid = parse_pasid(tokens, *pasid);
  if (const auto alias = tokens.take_if_prefixed("alias=")) dma.alias = parse_alias(tokens, *alias);
  take_ordering(tokens, dma);
  dma.firmware = tokens.take_if("firmware");
  dma.poisoned = take_poisoned(operation, tokens);
}

}  // namespace

void parse_read(Tokens& tokens, Action& action) {
  parse_dma(Operation::read, tokens, action);
}

void parse_write(Tokens& tokens, Action& action) {
  parse_dma(Operation::write, tokens, action);
}

void parse_atomic(Tokens& tokens, Action& action) {
  parse_dma(Operation::atomic, tokens, action);
}

Msi parse_msi(Tokens& tokens) {
  Msi msi;
  msi.vector = static_cast<unsigned>(tokens.take_number("a vector of 0 to 2047", 0, most_vectors - 1));
  msi.poisoned = take_poisoned(Operation::write, tokens);
  return msi;
}

RawWrite parse_raw_write(Tokens& tokens) {
  RawWrite write;
  const Token where = tokens.peek();
  write.address = BusAddr{take_place(tokens, write.bar)};
  if (write.address.offset_in(page_4k) > page_4k - 4)
    tokens.refuse(where, "4 bytes here cross a 4 KiB boundary, which one message cannot");
  write.value = static_cast<std::uint32_t>(tokens.take_number("a value of 32 bits", 0, 0xFFFF'FFFF));
  write.poisoned = take_poisoned(Operation::write, tokens);
  return write;
}

}  // namespace iommusim::traces
