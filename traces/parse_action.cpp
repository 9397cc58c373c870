// SPDX-License-Identifier: Apache-2.0
#include "traces/parse_action.h"

#include "platforms/parse_bdf.h"
#include "traces/dma_rules.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

namespace iommusim::traces {
namespace {

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

std::uint64_t take_address(Tokens& tokens) {
  return tokens.take_number("an address", 0, any);
}

void refuse_wrap(const Tokens& tokens, const Token& where, std::uint64_t address, std::uint64_t size) {
  if (size > 0 && size - 1 > any - address)
    tokens.refuse(where, fmt::format("{} bytes at {} pass the end of the address space", size, format_hex(address)));
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// DEVICE.BAR or DEVICE.BAR+OFFSET; the result is the offset.
std::uint64_t take_bar(Tokens& tokens, BarName& bar) {
  constexpr std::string_view expected = "an address, or a BAR with an offset, as in gpu0.2+0x1000";
  const Token token = tokens.take(expected);
  const std::size_t plus = token.text.find('+');
  const std::string_view name = token.text.substr(0, plus);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || !is_name(name.substr(0, dot))) tokens.fail(token, expected);
  const std::string_view index = name.substr(dot + 1);
  if (index.size() != 1 || index.front() < '0' || index.front() > '5') tokens.fail(token, expected);
  bar = BarName{std::string{name.substr(0, dot)}, static_cast<unsigned>(index.front() - '0')};
  if (plus == std::string_view::npos) return 0;
  const auto offset = parse_size(token.text.substr(plus + 1));
  if (!offset) tokens.fail(token, expected);
  return *offset;
}

/// A number, or a BAR: devices of a platform begin with a letter.
std::uint64_t take_place(Tokens& tokens, BarName& bar) {
  const std::string_view text = tokens.peek().text;
  return !text.empty() && is_letter(text.front()) ? take_bar(tokens, bar) : take_address(tokens);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
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
  dma.poisoned = take_poisoned(operation, tokens);
}

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

std::uint64_t take_page_address(Tokens& tokens, std::string_view expected) {
  const Token token = tokens.peek();
  const std::uint64_t address = tokens.take_number(expected, 0, any);
  if (address % page_4k != 0) tokens.fail(token, expected);
  return address;
}

struct Pages {
  Iova iova;
  std::uint64_t size = 0;
};

Pages take_pages(Tokens& tokens) {
  constexpr std::string_view expected = "a size that is a multiple of 4 KiB";
  const Token where = tokens.peek();
  const Iova iova{take_page_address(tokens, "an I/O address that is a multiple of 4 KiB")};
  const Token size_word = tokens.peek();
  const std::uint64_t size = tokens.take_size(expected, page_4k, any);
  if (size % page_4k != 0) tokens.fail(size_word, expected);
  refuse_wrap(tokens, where, iova.value(), size);
  return {iova, size};
}

/// A physical address, or NAME or NAME+OFFSET.
void take_target(Tokens& tokens, Map& map) {
  constexpr std::string_view expected = "a physical address or a buffer, in whole pages of 4 KiB";
  const Token token = tokens.peek();
  if (token.text.empty() || is_digit(token.text.front())) {
    map.physical_or_offset = take_page_address(tokens, expected);
    refuse_wrap(tokens, token, map.physical_or_offset, map.size);
    return;
  }
  tokens.take(expected);
  const std::size_t plus = token.text.find('+');
  const std::string_view name = token.text.substr(0, plus);
  if (!is_name(name)) tokens.fail(token, expected);
  map.buffer = name;
  if (plus == std::string_view::npos) return;
  const auto offset = parse_size(token.text.substr(plus + 1));
  if (!offset || *offset % page_4k != 0) tokens.fail(token, expected);
  map.physical_or_offset = *offset;
}

Map parse_map(Tokens& tokens) {
  Map map;
  const Pages pages = take_pages(tokens);
  map.iova = pages.iova;
  map.size = pages.size;
  take_target(tokens, map);
  if (tokens.done()) return map;
  const Token token = tokens.take("r, w or rw");
  if (token.text != "r" && token.text != "w" && token.text != "rw") tokens.fail(token, "r, w or rw");
  map.read = token.text.front() == 'r';
  map.write = token.text.back() == 'w';
  return map;
}

Unmap parse_unmap(Tokens& tokens) {
  const Pages pages = take_pages(tokens);
  Unmap unmap{pages.iova, pages.size};
  if (tokens.take_if("no-invalidate"))
    unmap.invalidate = software::Invalidate::no;
  else if (tokens.take_if("no-device-invalidate"))
    unmap.invalidate = software::Invalidate::unit_only;
  return unmap;
}

Invalidate parse_invalidate(Tokens& tokens) {
  const Pages pages = take_pages(tokens);
  return Invalidate{pages.iova, pages.size};
}

ProgramEntry parse_irte(Tokens& tokens) {
  constexpr std::uint64_t last_index = 0xFFFF;
  ProgramEntry entry;
  entry.index = static_cast<std::uint32_t>(tokens.take_number("an index of 0 to 65535", 0, last_index));
  entry.low = tokens.take_number("bits 63:0 of the entry", 0, any);
  entry.high = tokens.take_number("bits 127:64 of the entry", 0, any);
  entry.invalidate = !tokens.take_if("no-invalidate");
  return entry;
}

Configure parse_set(Tokens& tokens) {
  const Token name = tokens.take("a setting");
  const Setting* setting = find_setting(name.text);
  if (setting == nullptr)
    tokens.fail(name,
                "acs.NAME, dpc.poisoned-egress-blocking, bus-master, memory-space, link-disable, msi, "
                "interrupt-remapping or bar0 to bar5 (docs/trace-format.md lists them)");
  Configure configure;
  configure.setting = setting->name;
  if (setting->kind == SettingKind::bar) {
    configure.value = take_address(tokens);
    return configure;
  }
  const Token value = tokens.take("on or off");
  if (value.text != "on" && value.text != "off") tokens.fail(value, "on or off");
  configure.value = value.text == "on" ? 1 : 0;
  return configure;
}

CpuAccess parse_cpu_access(Operation operation, Tokens& tokens) {
  constexpr std::string_view expected = "a size of 1, 2, 4 or 8 bytes";
  CpuAccess access;
  access.operation = operation;
  const Token where = tokens.peek();
  access.address = PhysAddr{take_place(tokens, access.bar)};
  const Token size_word = tokens.peek();
  access.size = static_cast<unsigned>(tokens.take_size(expected, 1, 8));
  if (!is_power_of_two(access.size)) tokens.fail(size_word, expected);
  if (access.address.offset_in(access.size) != 0)
    tokens.refuse(where, fmt::format("an access of {} bytes is aligned to them", access.size));
  return access;
}

CpuAccess parse_cpu_read(Tokens& tokens) {
  return parse_cpu_access(Operation::read, tokens);
}

CpuAccess parse_cpu_write(Tokens& tokens) {
  CpuAccess access = parse_cpu_access(Operation::write, tokens);
  const std::uint64_t most = any >> (64 - 8 * access.size);
  access.value = tokens.take_number(fmt::format("a value of {} bits", 8 * access.size), 0, most);
  return access;
}

template <auto Parse>
void assign(Tokens& tokens, Action& action) {
  action = Parse(tokens);
}

struct Verb {
  std::string_view name;
  void (*parse)(Tokens& tokens, Action& action);
};

constexpr std::array<Verb, 10> device_verbs{{{"read", parse_read},
                                             {"write", parse_write},
                                             {"atomic", parse_atomic},
                                             {"msi", assign<parse_msi>},
                                             {"raw-write", assign<parse_raw_write>},
                                             {"map", assign<parse_map>},
                                             {"unmap", assign<parse_unmap>},
                                             {"invalidate", assign<parse_invalidate>},
                                             {"irte", assign<parse_irte>},
                                             {"set", assign<parse_set>}}};

Wait parse_wait(Tokens&) {
  return {};
}

constexpr std::array<Verb, 3> cpu_verbs{
    {{"read", assign<parse_cpu_read>}, {"write", assign<parse_cpu_write>}, {"wait", assign<parse_wait>}}};

template <class Verbs>
void parse_verb(const Verbs& verbs, std::string_view expected, Tokens& tokens, Action& action) {
  const Token name = tokens.take(expected);
  for (const Verb& verb : verbs)
    if (verb.name == name.text) return verb.parse(tokens, action);
  tokens.fail(name, expected);
}

}  // namespace

void parse_action(std::string_view device, Tokens& tokens, Action& action) {
  if (device == cpu_device) return parse_verb(cpu_verbs, "read, write or wait", tokens, action);
  parse_verb(device_verbs, "read, write, atomic, msi, raw-write, map, unmap, invalidate, irte or set", tokens, action);
}

bool is_name(std::string_view text) {
  if (text.empty() || !(is_letter(text.front()) || is_digit(text.front()))) return false;
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.' && c != ':' && c != '/') return false;
  return true;
}

}  // namespace iommusim::traces
