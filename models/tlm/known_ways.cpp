// SPDX-License-Identifier: Apache-2.0
#include "tlm/known_ways.h"

#include <algorithm>

namespace iommusim::modules {
namespace {

using timing::Journey;
using timing::Step;
using timing::StepKind;

bool is_same(const Path& a, const Path& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Hop& x, const Hop& y) { return x.where == y.where && x.rule == y.rule; });
}

/// But for the addresses.
bool is_same(const Journey& a, const Journey& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].kind != b[i].kind || a[i].index != b[i].index || a[i].page_shift != b[i].page_shift) return false;
  return true;
}

bool is_same(const Landing& a, const Landing& b) {
  return a.kind == b.kind && a.where == b.where && a.rule == b.rule && a.decided_by == b.decided_by &&
         a.status == b.status && a.from_cache == b.from_cache;
}

/// A way to memory, on which nobody fetched tables and nobody but our modules spent time.
bool is_plain(const Journey& journey) {
  if (journey.size() == 0 || journey.size() == Journey::capacity) return false;
  for (std::size_t i = 0; i < journey.size(); ++i) {
    const Step& step = journey[i];
    const bool is_fabric = step.kind == StepKind::channel || step.kind == StepKind::root_complex_in;
    const bool is_hit = step.kind == StepKind::translation && step.fetches == 0;
    const bool is_end = step.kind == StepKind::memory && i + 1 == journey.size();
    if (!is_fabric && !is_hit && !is_end) return false;
  }
  return true;
}

std::uint64_t page_of(std::uint64_t address) {
  return address & ~(page_4k - 1);
}

WayShape make_shape(const DmaExtension& extension) {
  WayShape shape{extension.path, extension.landing, extension.journey};
  for (std::size_t i = 0; i < shape.journey.size(); ++i) {
    if (shape.journey[i].kind != StepKind::translation) continue;
    shape.translation = i;
    shape.is_translated = true;
  }
  return shape;
}

}  // namespace

void KnownWays::make_room() {
  constexpr std::size_t usual_shapes = 16;
  ways_ = std::make_unique<Ways>();
  shapes_.reserve(usual_shapes);
}

void KnownWays::start(KnownWay& way, pcie::NodeIndex function, const Access& access, std::uint64_t generation) {
  way = {};
  way.page = access.address.aligned_down(page_4k);
  way.function = function;
  way.requester = access.requester;
  way.operation = access.operation;
  way.generation = generation;
}

std::optional<std::uint16_t> KnownWays::shape_of(const DmaExtension& extension) {
  const auto known = std::find_if(shapes_.begin(), shapes_.end(), [&](const WayShape& shape) {
    return is_same(shape.path, extension.path) && is_same(shape.landing, extension.landing) &&
           is_same(shape.journey, extension.journey);
  });
  const auto index = static_cast<std::uint16_t>(known - shapes_.begin());
  if (known != shapes_.end()) return index;
  if (shapes_.size() == most_shapes) return std::nullopt;
  shapes_.push_back(make_shape(extension));
  return index;
}

void KnownWays::learn(KnownWay& way, const DmaExtension& extension, unsigned char* memory) {
  // The IOMMU had to fetch this time: perhaps it knows the page the next time.
  if (extension.translator != nullptr && !extension.hits) {
    way.forget();
    return;
  }
  way.state = KnownWay::State::refused;
  if (extension.landing.kind != LandingKind::memory || !is_plain(extension.journey)) return;
  const auto shape = shape_of(extension);
  if (!shape) return;
  way.state = KnownWay::State::known;
  way.shape = *shape;
  way.translator = extension.translator;
  if (extension.hits) way.hits = *extension.hits;
  if (shapes_[*shape].is_translated) way.iova = page_of(extension.journey[shapes_[*shape].translation].address);
  way.physical = page_of(extension.landing.address);
  way.memory = memory;
}

}  // namespace iommusim::modules
