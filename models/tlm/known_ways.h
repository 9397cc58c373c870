// SPDX-License-Identifier: Apache-2.0
// Where a device's requests went last: what goes to the same page of memory again, while nothing changed, goes the same
// way. Nothing is decided here. A way is what every component on it decided, and lasts as long as all of them would
// decide so again.
#pragma once

#include "base/access.h"
#include "iommu/cache_hits.h"
#include "tlm/dma_extension.h"
#include "tlm/translator.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace iommusim::modules {

/// What ways to many pages have in common. Addresses in it mean nothing.
struct WayShape {
  Path path;
  Landing landing;
  timing::Journey journey;
  /// The step of the IOMMU, when there is one. Memory is the last step.
  std::size_t translation = 0;
  bool is_translated = false;
};

/// The way of one kind of request to one page.
struct KnownWay {
  /// After so many of a page it is worth to ask for its way.
  static constexpr std::uint8_t visits_to_learn = 4;

  enum class State : std::uint8_t {
    /// Seen `visits` times.
    counting,
    known,
    /// Cannot be repeated.
    refused,
  };

  BusAddr page;
  pcie::NodeIndex function = pcie::NodeIndex::none;
  RequesterId requester;
  Operation operation = Operation::read;
  State state = State::counting;
  std::uint8_t visits = 0;
  std::uint16_t shape = 0;
  /// What KnownWays::use() was given when it was found.
  std::uint64_t generation = 0;
  /// The IOMMU on the way, or nullptr.
  Translator* translator = nullptr;
  iommu::CacheHits hits;
  /// What the IOMMU was asked for, where it led, and where that lies in this process.
  std::uint64_t iova = 0;
  std::uint64_t physical = 0;
  unsigned char* memory = nullptr;

  bool is_worth_learning() const { return state == State::counting && visits == visits_to_learn; }
  void forget() {
    state = State::counting;
    visits = 0;
  }
};

/// Ways of one device, by page. Takes host memory from the first request on.
class KnownWays {
 public:
  /// True for requests whose ways can be known: those of an ordinary DMA within one page.
  static bool is_ordinary(const Access& access) {
    return access.operation != Operation::atomic && access.address_type == AddressType::untranslated && !access.pasid &&
           !access.message && !access.poisoned && access.size != 0;
  }

  /// The place of the request's way; counts the visit. What is older than `generation` is forgotten.
  KnownWay& visit(pcie::NodeIndex function, const Access& access, std::uint64_t generation) {
    if (ways_ == nullptr) make_room();
    const BusAddr page = access.address.aligned_down(page_4k);
    KnownWay& way = (*ways_)[index_of(page, access.operation, function)];
    const bool is_same = way.page == page && way.function == function && way.operation == access.operation &&
                         way.requester == access.requester && way.generation == generation;
    if (!is_same) start(way, function, access, generation);
    if (way.visits < KnownWay::visits_to_learn) ++way.visits;
    return way;
  }

  const WayShape& shape(const KnownWay& way) const { return shapes_[way.shape]; }
  /// Keeps what the request that just ended tells. The caller has seen to it that the page is all alike.
  void learn(KnownWay& way, const DmaExtension& extension, unsigned char* memory);

 private:
  static constexpr std::size_t places = 1024;
  static constexpr std::size_t most_shapes = 1024;
  using Ways = std::array<KnownWay, places>;

  static std::size_t index_of(BusAddr page, Operation operation, pcie::NodeIndex function) {
    return (page.value() / page_4k + pcie::index_of(function) * 67 + (operation == Operation::read ? places / 2 : 0)) %
           places;
  }
  void make_room();
  static void start(KnownWay& way, pcie::NodeIndex function, const Access& access, std::uint64_t generation);
  /// nullopt: there are too many.
  std::optional<std::uint16_t> shape_of(const DmaExtension& extension);

  std::unique_ptr<Ways> ways_;
  std::vector<WayShape> shapes_;
};

}  // namespace iommusim::modules
