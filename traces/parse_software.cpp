// SPDX-License-Identifier: Apache-2.0
#include "traces/parse_software.h"

#include "traces/parse_action.h"
#include "traces/parse_places.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <limits>

namespace iommusim::traces {
namespace {

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

/// A physical address, or NAME or NAME+OFFSET.
void take_target(Tokens& tokens, Map& map) {
  constexpr std::string_view expected = "a physical address or a buffer, in whole pages of 4 KiB";
  const Token token = tokens.peek();
  if (token.text.empty() || (token.text.front() >= '0' && token.text.front() <= '9')) {
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

}  // namespace

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

CpuAccess parse_cpu_read(Tokens& tokens) {
  return parse_cpu_access(Operation::read, tokens);
}

CpuAccess parse_cpu_write(Tokens& tokens) {
  CpuAccess access = parse_cpu_access(Operation::write, tokens);
  const std::uint64_t most = any >> (64 - 8 * access.size);
  access.value = tokens.take_number(fmt::format("a value of {} bits", 8 * access.size), 0, most);
  return access;
}

}  // namespace iommusim::traces
