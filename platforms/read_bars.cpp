// SPDX-License-Identifier: Apache-2.0
// Base address registers and the interrupt tables that lie in them (PCIe base
// specification, 7.5.1.2.1, 7.7.1, 7.7.2).
#include "platforms/readers.h"

#include <array>

namespace iommusim::platforms {
namespace {

constexpr std::uint64_t four_gib = std::uint64_t{1} << 32;

std::uint64_t read_bar_size(const Map& map, bool is_64bit) {
  const Value value = map.required("size", "a size");
  const std::uint64_t size = value.size();
  if (!is_power_of_two(size) || size < 128) value.reject("a power of two, at least 128 bytes");
  if (!is_64bit && size >= four_gib) value.reject("at most 2 GiB, or type: 64-bit");
  return size;
}

std::optional<BusAddr> read_bar_base(const Map& map, const BarDescription& bar) {
  const auto value = map.optional("base");
  if (!value) return std::nullopt;
  const BusAddr base{value->address()};
  if (base.offset_in(bar.size) != 0) value->reject("a multiple of its size, " + format_hex(bar.size));
  if (!bar.is_64bit && base.value() >= four_gib) value->reject("an address below 4 GiB, or type: 64-bit");
  return base;
}

BarDescription read_bar(const Value& value, unsigned registers) {
  const Map map{value, {"bar", "base", "size", "type", "prefetchable"}};
  BarDescription bar;
  if (const auto type = map.optional("type")) bar.is_64bit = type->choice<bool>({{"32-bit", false}, {"64-bit", true}});
  // A 64-bit BAR takes the register after it, too.
  bar.index = map.required("bar", "the BAR's number")
                  .number_as<unsigned>({0, std::uint64_t{registers} - (bar.is_64bit ? 2 : 1)});
  bar.prefetchable = map.boolean("prefetchable", false);
  bar.size = read_bar_size(map, bar.is_64bit);
  bar.base = read_bar_base(map, bar);
  return bar;
}

const BarDescription* find_bar(const std::vector<BarDescription>& bars, unsigned index) {
  for (const BarDescription& bar : bars)
    if (bar.index == index) return &bar;
  return nullptr;
}

/// Where a table of `bytes` lies: both of its keys, with what they are without being given.
struct TableKeys {
  std::string_view bar;
  std::string_view offset;
  std::uint32_t bytes;
};
struct TablePlace {
  unsigned bar = 0;
  std::uint32_t offset = 0;
};

TablePlace read_table(const Map& msix, const TableKeys& keys, TablePlace place,
                      const std::vector<BarDescription>& bars) {
  place.bar = msix.number(keys.bar, place.bar, {0, 5});
  place.offset = msix.number(keys.offset, place.offset, {0, 0xFFFF'FFF8});
  const Value at_bar = msix.optional(keys.bar).value_or(msix.value());
  const Value at_offset = msix.optional(keys.offset).value_or(msix.value());
  const BarDescription* bar = find_bar(bars, place.bar);
  if (bar == nullptr) at_bar.fail("BAR " + std::to_string(place.bar), "a BAR that the device has");
  const std::string range = format_hex(place.offset) + " and " + std::to_string(keys.bytes) + " bytes";
  if (place.offset % 8 != 0) at_offset.fail(format_hex(place.offset), "a multiple of 8");
  if (std::uint64_t{place.offset} + keys.bytes > bar->size)
    at_offset.fail(range, "a table inside its BAR of " + format_size(bar->size));
  return place;
}

}  // namespace

std::vector<BarDescription> read_bars(const Map& function, bool is_port) {
  return read_bar_list(function, "bars", is_port ? 2 : 6);
}

std::vector<BarDescription> read_bar_list(const Map& map, std::string_view key, unsigned registers) {
  std::vector<BarDescription> bars;
  std::array<bool, 6> taken{};
  for (const Value& value : map.items(key)) {
    const BarDescription bar = read_bar(value, registers);
    for (unsigned i = bar.index; i <= bar.index + (bar.is_64bit ? 1 : 0); ++i) {
      if (taken.at(i))
        value.fail("BAR register " + std::to_string(i) + " a second time",
                   "every register once (a 64-bit BAR takes two)");
      taken.at(i) = true;
    }
    bars.push_back(bar);
  }
  return bars;
}

std::optional<MsiDescription> read_msi(const Map& function) {
  const auto value = function.optional("msi");
  if (!value) return std::nullopt;
  const Map msi{*value, {"vectors", "maskable"}};
  const unsigned vectors = msi.number("vectors", 1, {1, 32});
  if (!is_power_of_two(vectors)) msi.required("vectors", "").reject("1, 2, 4, 8, 16 or 32");
  return MsiDescription{vectors, msi.boolean("maskable", false)};
}

std::optional<MsixDescription> read_msix(const Map& function, const std::vector<BarDescription>& bars) {
  const auto value = function.optional("msix");
  if (!value) return std::nullopt;
  const Map msix{*value, {"vectors", "table_bar", "table_offset", "pba_bar", "pba_offset"}};
  const auto vectors = msix.required("vectors", "the number of vectors").number_as<std::uint32_t>({1, 2048});
  msix.required("table_bar", "the BAR that holds the table");
  const std::uint32_t table_bytes = vectors * 16;
  const std::uint32_t pba_bytes = (vectors + 63) / 64 * 8;
  const TablePlace table = read_table(msix, {"table_bar", "table_offset", table_bytes}, {}, bars);
  const TablePlace pba =
      read_table(msix, {"pba_bar", "pba_offset", pba_bytes}, {table.bar, table.offset + table_bytes}, bars);
  const bool apart = pba.bar != table.bar || pba.offset >= std::uint64_t{table.offset} + table_bytes ||
                     table.offset >= std::uint64_t{pba.offset} + pba_bytes;
  if (!apart) value->fail("the PBA inside the vector table", "two places that do not overlap");
  return MsixDescription{vectors, table.bar, table.offset, pba.bar, pba.offset};
}

}  // namespace iommusim::platforms
