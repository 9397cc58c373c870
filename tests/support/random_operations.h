// SPDX-License-Identifier: Apache-2.0
// Legal operations of every kind, for what writes and reads traces.
#pragma once

#include "traces/operation.h"
#include "traces/settings.h"

#include <cstdint>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>

namespace iommusim::tests {

using namespace traces;

namespace operation_content {

inline auto named(const BarName& bar) {
  return std::tie(bar.device, bar.index);
}

inline auto content(const Dma& a) {
  return std::tuple_cat(std::tie(a.operation, a.address, a.size, a.data, a.address_type, a.pasid, a.alias, a.poisoned),
                        std::tie(a.relaxed_ordering, a.id_based_ordering, a.traffic_class, a.firmware), named(a.bar));
}
inline auto content(const Msi& a) {
  return std::tie(a.vector, a.poisoned);
}
inline auto content(const RawWrite& a) {
  return std::tuple_cat(std::tie(a.address, a.value, a.poisoned), named(a.bar));
}
inline auto content(const Map& a) {
  return std::tie(a.iova, a.size, a.buffer, a.physical_or_offset, a.read, a.write);
}
inline auto content(const Unmap& a) {
  return std::tie(a.iova, a.size, a.invalidate);
}
inline auto content(const Invalidate& a) {
  return std::tie(a.iova, a.size);
}
inline auto content(const ProgramEntry& a) {
  return std::tie(a.index, a.low, a.high, a.invalidate);
}
inline auto content(const Configure& a) {
  return std::tie(a.setting, a.value);
}
inline auto content(const Wait&) {
  return std::tuple<>{};
}
inline auto content(const CpuAccess& a) {
  return std::tuple_cat(std::tie(a.operation, a.address, a.size, a.value), named(a.bar));
}

}  // namespace operation_content

/// Places in files do not count.
inline bool equal(const TraceOperation& a, const TraceOperation& b) {
  if (a.time != b.time || a.device != b.device || a.action.index() != b.action.index()) return false;
  return std::visit(
      [&b](const auto& action) {
        return operation_content::content(action) ==
               operation_content::content(std::get<std::decay_t<decltype(action)>>(b.action));
      },
      a.action);
}

/// Legal operations of every kind, with numbers of every length.
class RandomOperations {
 public:
  TraceOperation next() {
    TraceOperation operation;
    time_ = time_ + Duration{below(4) == 0 ? 0 : number() >> 24};
    operation.time = time_;
    operation.device = below(2) == 0 ? "nic0" : "00:1f.2";
    operation.action = action(operation);
    return operation;
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::uint64_t number() { return random_() >> below(64); }
  BarName bar() {
    if (below(4) != 0) return {};
    return BarName{below(2) == 0 ? "gpu0" : "nic0-vf3", static_cast<unsigned>(below(6))};
  }
  std::uint64_t pages() { return (number() & 0xF'FFFF'FFFF'F000) | 0x1000; }

  Action action(TraceOperation& operation) {
    switch (below(9)) {
      case 0: return dma();
      case 1: return Msi{static_cast<unsigned>(below(2048)), below(4) == 0};
      case 2:
        return RawWrite{BusAddr{number() & ~std::uint64_t{3}}, static_cast<std::uint32_t>(number()), below(4) == 0,
                        bar()};
      case 3: return map();
      case 4: return Unmap{Iova{pages()}, pages(), static_cast<software::Invalidate>(below(3))};
      case 5: return Invalidate{Iova{pages()}, pages()};
      case 6: return configure();
      case 7: return ProgramEntry{static_cast<std::uint32_t>(below(65536)), number(), number(), below(2) == 0};
      default: operation.device = "cpu"; return cpu_access();
    }
  }
  Action dma() {
    Dma dma;
    dma.operation = below(2) == 0 ? Operation::read : Operation::write;
    dma.address = BusAddr{number() >> 1};
    dma.size = 1 + below(16u << 20);
    dma.bar = bar();
    if (below(2) == 0) dma.address_type = AddressType::translated;
    dma.relaxed_ordering = below(3) == 0;
    dma.id_based_ordering = below(3) == 0;
    if (below(3) == 0) dma.traffic_class = static_cast<std::uint8_t>(below(8));
    if (dma.operation == Operation::read) return dma;
    dma.poisoned = below(4) == 0;
    dma.firmware = below(4) == 0;
    if (below(2) == 0) return dma;
    dma.size = 1 + below(40);
    for (std::uint64_t i = 0; i < dma.size; ++i)
      dma.data.push_back(static_cast<std::uint8_t>(number()));
    return dma;
  }
  Action map() {
    Map map{Iova{pages()}, pages(), "", pages(), true, true};
    if (below(2) == 0) map.buffer = "rx-ring_0";
    if (below(3) == 0) map.read = false;
    if (map.read && below(3) == 0) map.write = false;
    return map;
  }
  Action configure() {
    const Setting& setting = settings[below(settings.size())];
    return Configure{std::string{setting.name}, setting.kind == SettingKind::bar ? number() : below(2)};
  }
  Action cpu_access() {
    CpuAccess access;
    access.operation = below(2) == 0 ? Operation::read : Operation::write;
    access.size = 1u << below(4);
    access.address = PhysAddr{number()}.aligned_down(access.size);
    access.bar = bar();
    if (access.operation == Operation::write) access.value = number() & (~std::uint64_t{0} >> (64 - 8 * access.size));
    return access;
  }

  std::mt19937_64 random_{11};
  Duration time_;
};

}  // namespace iommusim::tests
