// SPDX-License-Identifier: Apache-2.0
#include "analysis/free_iova.h"

#include "base/address_width.h"

#include <algorithm>
#include <array>
#include <vector>

namespace iommusim::analysis {
namespace {

using platforms::Domain;
using platforms::Machine;
using Span = Range<BusAddr>;

constexpr std::uint64_t last_below_4g = 0xFFFF'FFFF;

/// What the fabric takes before the IOMMU is asked.
std::vector<Span> taken_by_fabric(const Machine& machine) {
  std::vector<Span> taken;
  const auto include = [&taken](const std::optional<Span>& claimed) {
    if (claimed) taken.push_back(*claimed);
  };
  const pcie::Topology& topology = machine.topology();
  for (std::size_t i = 0; i < topology.size(); ++i) {
    const pcie::Decoded& decoded = topology[static_cast<pcie::NodeIndex>(i)].decoded;
    std::for_each(decoded.windows.begin(), decoded.windows.end(), include);
    std::for_each(decoded.bars.begin(), decoded.bars.end(), include);
  }
  for (const pcie::HostBridge& bridge : machine.bridges())
    include(bridge.interrupt_window);
  return taken;
}

/// One inbound window, or all addresses: searched in the addresses that the device sends.
class Search {
 public:
  Search(const Domain& domain, const Span& reach, std::uint64_t offset, std::vector<Span> taken)
      : reach_{reach}, offset_{offset}, taken_{std::move(taken)} {
    domain.space.for_each_live([this](const Range<Iova>& range, const software::Intent&) {
      const Span sent{BusAddr{range.first.value() - offset_}, BusAddr{range.last.value() - offset_}};
      if (sent.first <= sent.last) taken_.push_back(sent);
    });
    std::sort(taken_.begin(), taken_.end(), [](const Span& a, const Span& b) { return a.first < b.first; });
  }

  /// Below 4 GiB is left to those who cannot go higher.
  std::optional<Span> above_everything(std::uint64_t size) const {
    std::uint64_t last = last_below_4g;
    for (const Span& span : taken_)
      last = std::max(last, span.last.value());
    const std::uint64_t free = (last | (page_1g - 1)) + 1;
    if (free <= last) return std::nullopt;
    return fitting({BusAddr{std::max(free, reach_.first.value())}, reach_.last}, size);
  }

  /// The largest gap, begun on as round an address as it has room for.
  std::optional<Span> between(std::uint64_t size) const {
    std::optional<Span> best;
    BusAddr next = reach_.first;
    const auto consider = [&](BusAddr first, BusAddr last) {
      if (last < first) return;
      const auto gap = rounded({first, last}, size);
      if (gap && (!best || best->size() < gap->size())) best = gap;
    };
    for (const Span& span : taken_) {
      if (next < span.first) consider(next, std::min(span.first - 1, reach_.last));
      if (span.last >= reach_.last) return best;
      next = std::max(next, span.last + 1);
    }
    consider(next, reach_.last);
    return best;
  }

 private:
  static std::optional<Span> fitting(const Span& span, std::uint64_t size) {
    if (span.last < span.first || span.last - span.first < size - 1) return std::nullopt;
    return span;
  }
  static std::optional<Span> rounded(const Span& gap, std::uint64_t size) {
    for (const std::uint64_t unit : std::array<std::uint64_t, 3>{page_1g, page_2m, page_4k}) {
      const std::uint64_t first = (gap.first.value() + (unit - 1)) & ~(unit - 1);
      if (first < gap.first.value()) continue;
      if (const auto span = fitting({BusAddr{first}, gap.last}, size)) return span;
    }
    return std::nullopt;
  }

  Span reach_;
  std::uint64_t offset_;
  std::vector<Span> taken_;
};

/// The narrowest device of the domain decides.
unsigned address_bits(const Machine& machine, const Domain& domain) {
  unsigned bits = 64;
  for (const std::string& name : domain.description->devices)
    if (const pcie::NodeIndex node = machine.find_function(name); node != pcie::NodeIndex::none)
      bits = std::min<unsigned>(bits, machine.topology()[node].address_bits);
  return bits;
}

/// Of one inbound window: what the domain's devices can send and its tables reach. Page 0 is nobody's.
std::optional<Span> reach_of(const pcie::InboundWindow& window, unsigned bits, unsigned width) {
  const auto sent = window.bus.intersection({BusAddr{page_4k}, last_of_width<BusAddr>(bits)});
  if (!sent) return std::nullopt;
  const Range<Iova> asked{Iova{sent->first.value() + window.offset}, Iova{sent->last.value() + window.offset}};
  if (asked.last < asked.first) return std::nullopt;
  const auto reached = asked.intersection({Iova{page_4k}, last_of_width<Iova>(width)});
  if (!reached) return std::nullopt;
  return Span{BusAddr{reached->first.value() - window.offset}, BusAddr{reached->last.value() - window.offset}};
}

FreeIova result_of(const Span& span, std::uint64_t offset, unsigned width) {
  const Range<Iova> range{Iova{span.first.value() + offset}, Iova{span.last.value() + offset}};
  return {range, offset, range.last == last_of_width<Iova>(width)};
}

}  // namespace

std::optional<FreeIova> find_free_iova(const Machine& machine, const platforms::OperatingSystem& system,
                                       pcie::NodeIndex device, std::uint64_t size) {
  const Domain* domain = system.domain_of(device);
  if (domain == nullptr || size == 0) return std::nullopt;
  const unsigned width = system.iova_width(*domain);
  std::vector<pcie::InboundWindow> windows = machine.bridges()[machine.topology()[device].host_bridge].inbound;
  if (windows.empty()) windows.push_back({Span::everything(), 0});

  std::optional<FreeIova> best;
  for (const pcie::InboundWindow& window : windows) {
    const auto reach = reach_of(window, address_bits(machine, *domain), width);
    if (!reach) continue;
    const Search search{*domain, *reach, window.offset, taken_by_fabric(machine)};
    if (const auto above = search.above_everything(size)) return result_of(*above, window.offset, width);
    if (const auto gap = search.between(size); gap && (!best || best->range.size() < gap->size()))
      best = FreeIova{result_of(*gap, window.offset, width)};
  }
  if (best) best->is_open = false;
  return best;
}

}  // namespace iommusim::analysis
