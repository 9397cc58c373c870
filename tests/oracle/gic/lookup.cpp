// SPDX-License-Identifier: Apache-2.0
#include "oracle/gic/lookup.h"

namespace iommusim::oracle::gic {
namespace {

std::uint64_t bits(std::uint64_t value, unsigned high, unsigned low) {
  return (value >> low) % (std::uint64_t{1} << (high - low + 1));
}

std::optional<std::uint64_t> read_doubleword(const ReadByte& read, std::uint64_t address) {
  std::uint64_t value = 0;
  for (unsigned i = 8; i-- > 0;) {
    const auto byte = read(address + i);
    if (!byte) return std::nullopt;
    value = value * 256 + *byte;
  }
  return value;
}

/// The address of entry `id`; nullopt: there is none.
std::optional<std::uint64_t> entry_address(std::uint64_t table, std::uint64_t id, const ReadByte& read) {
  if (bits(table, 63, 63) == 0) return std::nullopt;
  const std::uint64_t code = bits(table, 9, 8);
  const std::uint64_t page = code == 0 ? 4096 : code == 1 ? 16384 : 65536;
  const std::uint64_t bytes = page * (bits(table, 7, 0) + 1);
  std::uint64_t base = bits(table, 47, 12) * 4096;
  if (page == 65536) base += bits(table, 15, 12) * (std::uint64_t{1} << 48);
  base = base / page * page;
  const std::uint64_t entry = bits(table, 52, 48) + 1;
  if (bits(table, 62, 62) == 0) {
    if (id >= bytes / entry) return std::nullopt;
    return base + id * entry;
  }
  const std::uint64_t in_page = page / entry;
  if (id / in_page >= bytes / 8) return std::nullopt;
  const auto level_1 = read_doubleword(read, base + id / in_page * 8);
  if (!level_1 || bits(*level_1, 63, 63) == 0) return std::nullopt;
  return bits(*level_1, 51, 12) * 4096 / page * page + id % in_page * entry;
}

/// A valid entry; nullopt: none.
std::optional<std::uint64_t> read_entry(std::uint64_t table, std::uint64_t id, const ReadByte& read) {
  const auto address = entry_address(table, id, read);
  if (!address) return std::nullopt;
  const auto entry = read_doubleword(read, *address);
  return entry && bits(*entry, 63, 63) == 1 ? entry : std::nullopt;
}

Answer at_redistributor(const Redistributor& redistributor, unsigned interrupt_bits, std::uint32_t intid,
                        const ReadByte& read) {
  if (redistributor.control % 2 == 0) return {};
  const std::uint64_t allowed = bits(redistributor.properties, 4, 0) + 1;
  if (intid < 8192 || intid >> interrupt_bits != 0 || std::uint64_t{intid} >> allowed != 0) return {};
  const auto configuration = read(bits(redistributor.properties, 51, 12) * 4096 + intid - 8192);
  const auto pending = read(bits(redistributor.pending, 51, 16) * 65536 + intid / 8);
  if (!configuration || !pending) return {};
  return {*configuration % 2 == 1 ? Fate::delivered : Fate::pending, intid, redistributor.number};
}

}  // namespace

Answer answer(const Facts& facts, const ReadByte& read, std::uint32_t device, std::uint32_t event) {
  if (facts.control % 2 == 0) return {};
  if (device / 2 >> bits(facts.type, 17, 13) != 0) return {};
  const auto device_entry = read_entry(facts.device_table, device, read);
  if (!device_entry || event / 2 >> bits(*device_entry, 4, 0) != 0) return {};
  const std::uint64_t entry_size = bits(facts.type, 7, 4) + 1;
  const auto translation = read_doubleword(read, bits(*device_entry, 51, 8) * 256 + event * entry_size);
  if (!translation || bits(*translation, 63, 63) == 0) return {};
  const std::uint64_t collection = bits(*translation, 47, 32);
  if (collection / 2 >> bits(facts.type, 35, 32) != 0) return {};
  const auto collection_entry = read_entry(facts.collection_table, collection, read);
  if (!collection_entry) return {};
  const std::uint64_t target = bits(*collection_entry, 51, 16);
  const bool by_address = bits(facts.type, 19, 19) == 1;
  for (const Redistributor& redistributor : facts.redistributors)
    if (target == (by_address ? redistributor.frame / 65536 : redistributor.number))
      return at_redistributor(redistributor, facts.interrupt_bits, static_cast<std::uint32_t>(*translation), read);
  return {};
}

}  // namespace iommusim::oracle::gic
