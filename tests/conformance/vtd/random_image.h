// SPDX-License-Identifier: Apache-2.0
// A VT-d unit with random capabilities over random legacy-mode tables, some of them corrupted, and random
// requests that look for the edges of what is mapped. The same seed gives the same image and the same
// requests.
#pragma once

#include "support/vtd_bench.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace iommusim::tests {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 engine_;
};

class RandomImage {
 public:
  explicit RandomImage(std::uint64_t seed);

  VtdBench& bench() { return *bench_; }
  iommu::TranslationRequest next_request();

 private:
  static vtd::UnitConfig random_config(Dice& dice);
  /// A domain and the addresses where its pages begin and end.
  struct Mapped {
    Domain domain;
    std::vector<std::uint64_t> edges;
  };
  /// A function that has a context entry. `mapped` is an index into domains_; none: pass-through.
  struct Requester {
    RequesterId id;
    std::optional<std::size_t> mapped;
  };

  void make_domain();
  void map_region(Mapped& mapped, std::uint64_t region, std::uint64_t page_size);
  void make_contexts();
  void corrupt();
  void corrupt_root_entry();
  void corrupt_context_entry();
  void corrupt_second_stage_entry();
  void fail_a_table();
  PhysAddr random_output();
  std::uint16_t fresh_domain_id() { return next_domain_id_++; }
  std::uint64_t random_address(const Requester& requester);
  std::uint64_t random_edge(const Requester& requester);
  void choose_place(iommu::TranslationRequest& request);

  Dice dice_;
  vtd::UnitConfig config_;
  std::unique_ptr<VtdBench> bench_;
  std::vector<Mapped> domains_;
  std::vector<Requester> requesters_;
  /// Where second-stage entries stand.
  std::vector<PhysAddr> entries_;
  std::uint16_t next_domain_id_ = 100;
  std::optional<iommu::TranslationRequest> last_;
};

}  // namespace iommusim::tests
