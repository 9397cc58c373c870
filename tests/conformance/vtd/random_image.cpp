// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd/random_image.h"

#include <algorithm>

namespace iommusim::tests {
namespace {

unsigned leaf_level(std::uint64_t page_size) {
  if (page_size == page_4k) return 1;
  return page_size == page_2m ? 2 : 3;
}

template <class Entry>
Entry with_flipped_bit(Entry entry, std::uint64_t bit) {
  entry.set_word(bit / 64, entry.word(bit / 64) ^ (std::uint64_t{1} << (bit % 64)));
  return entry;
}

}  // namespace

RandomImage::RandomImage(std::uint64_t seed)
    : dice_{seed}, config_{random_config(dice_)}, bench_{std::make_unique<VtdBench>(config_)} {
  for (int i = 0; i < 3; ++i)
    make_domain();
  make_contexts();
  bench_->enable_translation();
  if (dice_.one_in(30)) bench_->registers.withdraw(global::te);
  for (std::uint64_t i = dice_.below(4); i > 0; --i)
    corrupt();
}

vtd::UnitConfig RandomImage::random_config(Dice& dice) {
  struct Width {
    unsigned guest;
    std::vector<unsigned> levels;
  };
  static const std::vector<Width> widths{{39, {3}},       {39, {3, 4}}, {48, {4}},      {48, {3, 4}},
                                         {48, {3, 4, 5}}, {57, {5}},    {57, {3, 4, 5}}};
  vtd::UnitConfig config;
  do {
    const Width& width = dice.pick(widths);
    config.guest_address_width = width.guest;
    config.table_levels = width.levels;
    config.host_address_width = dice.pick(std::vector<unsigned>{39, 42, 46, 48, 52});
    config.pages_2m = !dice.one_in(5);
    config.pages_1g = config.pages_2m && !dice.one_in(5);
    config.domain_id_bits = dice.one_in(2) ? 16 : 8;
    config.zero_length_read = dice.one_in(2);
    config.pass_through = !dice.one_in(4);
    config.snoop_control = dice.one_in(2);
    config.iotlb_entries = dice.pick(std::vector<unsigned>{0, 16, 1024});
    config.iotlb_ways = config.iotlb_entries == 1024 ? 8 : 2;
  } while (!vtd::validate(config).empty());
  return config;
}

/// Each region of 1 GiB has pages of one size, so that building never walks through a large page.
void RandomImage::make_domain() {
  Mapped mapped{bench_->tables.new_domain(dice_.pick(config_.table_levels)), {}};
  const unsigned width = std::min(config_.guest_address_width, 12 + 9 * mapped.domain.levels);
  mapped.edges.push_back(std::uint64_t{1} << width);
  std::vector<std::uint64_t> regions;
  while (regions.size() < 5) {
    const std::uint64_t region = dice_.below(std::uint64_t{1} << (width - 30)) << 30;
    if (std::find(regions.begin(), regions.end(), region) != regions.end()) continue;
    regions.push_back(region);
    map_region(mapped, region, dice_.pick(std::vector<std::uint64_t>{page_4k, page_4k, page_2m, page_1g}));
  }
  domains_.push_back(mapped);
}

void RandomImage::map_region(Mapped& mapped, std::uint64_t region, std::uint64_t page_size) {
  const std::uint64_t pages = page_1g / page_size;
  for (std::uint64_t i = std::min<std::uint64_t>(pages, 6); i > 0; --i) {
    // Near the region's beginning or end, where neighbours meet.
    const std::uint64_t number = dice_.one_in(2) ? dice_.below(std::min<std::uint64_t>(pages, 8)) : pages - i;
    const Iova from{region + number * page_size};
    const PhysAddr to = random_output().aligned_down(page_size);
    const Rights rights = dice_.one_in(3) ? Rights{dice_.one_in(2), dice_.one_in(2)} : Rights{};
    bench_->tables.map(mapped.domain, from, to, rights, page_size);
    for (unsigned level = leaf_level(page_size); level <= mapped.domain.levels; ++level)
      entries_.push_back(bench_->tables.second_stage_entry(mapped.domain, from, level));
    mapped.edges.push_back(from.value());
    mapped.edges.push_back(from.value() + page_size);
  }
}

PhysAddr RandomImage::random_output() {
  if (dice_.one_in(30)) return PhysAddr{0xFEE0'0000 + dice_.below(0x10'0000)};
  return PhysAddr{dice_.below(std::uint64_t{1} << config_.host_address_width)};
}

void RandomImage::make_contexts() {
  static const std::vector<std::uint8_t> buses{0x00, 0x3A, 0xFF};
  auto& tables = bench_->tables;
  for (int i = 0; i < 8; ++i) {
    const auto devfn = static_cast<std::uint16_t>(dice_.below(256));
    const RequesterId id{static_cast<std::uint16_t>((dice_.pick(buses) << 8) | devfn)};
    if (dice_.one_in(6)) {
      tables.attach_pass_through(id, fresh_domain_id(), config_.table_levels.back());
      requesters_.push_back({id, std::nullopt});
    } else {
      const std::size_t mapped = dice_.below(domains_.size());
      tables.attach(id, domains_[mapped].domain);
      requesters_.push_back({id, mapped});
    }
    tables.set<ContextEntry, ContextEntry::FPD>(tables.context_entry(id), dice_.one_in(4) ? 1 : 0);
  }
}

void RandomImage::corrupt() {
  switch (dice_.below(16)) {
    case 0: return corrupt_root_entry();
    case 1: return fail_a_table();
    case 2:
    case 3:
    case 4: return corrupt_context_entry();
    default: return corrupt_second_stage_entry();
  }
}

void RandomImage::corrupt_root_entry() {
  const PhysAddr where = bench_->tables.root_entry(dice_.pick(requesters_).id.bus());
  const auto entry = bench_->tables.load<RootEntry>(where);
  // One half of the flips in the low bits, so that P and the reserved bits beside it are met often.
  bench_->tables.store(where, with_flipped_bit(entry, dice_.below(dice_.one_in(2) ? 12 : 128)));
}

/// Two contexts of one domain must agree about its tables, so the corrupted one gets a domain of its own, and
/// its DID keeps its value.
void RandomImage::corrupt_context_entry() {
  const RequesterId victim = dice_.pick(requesters_).id;
  if (bench_->tables.load<RootEntry>(bench_->tables.root_entry(victim.bus())).get<RootEntry::P>() == 0) return;
  const PhysAddr where = bench_->tables.context_entry(victim);
  if (where.value() >= (std::uint64_t{1} << 36)) return;
  bench_->tables.set<ContextEntry, ContextEntry::DID>(where, fresh_domain_id());
  // The low bits and those beside AW are met often, the rest of the entry now and then.
  const std::uint64_t bit = dice_.one_in(3) ? 64 + dice_.below(8) : dice_.below(dice_.one_in(2) ? 12 : 128);
  if (bit >= 72 && bit < 72 + config_.domain_id_bits) return;
  bench_->tables.store(where, with_flipped_bit(bench_->tables.load<ContextEntry>(where), bit));
}

void RandomImage::corrupt_second_stage_entry() {
  const PhysAddr where = dice_.pick(entries_);
  const std::uint64_t bit = dice_.below(dice_.one_in(2) ? 12 : 62);
  bench_->tables.store(where, with_flipped_bit(bench_->tables.load<SecondStageEntry>(where), bit));
}

void RandomImage::fail_a_table() {
  if (dice_.one_in(8)) return bench_->bus.fail_page(bench_->tables.root());
  if (dice_.one_in(4)) return bench_->bus.fail_page(bench_->tables.context_entry(dice_.pick(requesters_).id));
  bench_->bus.fail_page(dice_.pick(entries_));
}

std::uint64_t RandomImage::random_edge(const Requester& requester) {
  if (requester.mapped && !dice_.one_in(8)) return dice_.pick(domains_[*requester.mapped].edges);
  if (!requester.mapped) return dice_.below(std::uint64_t{1} << config_.host_address_width) & ~(page_4k - 1);
  return dice_.pick(dice_.pick(domains_).edges);
}

std::uint64_t RandomImage::random_address(const Requester& requester) {
  if (dice_.one_in(50)) return 0xFEDF'F000 + dice_.below(0x10'2000) / 4 * 4;
  if (dice_.one_in(50)) return dice_.below(std::uint64_t{1} << dice_.pick(std::vector<unsigned>{32, 39, 48, 57, 63}));
  const std::uint64_t edge = random_edge(requester);
  switch (dice_.below(6)) {
    case 0: return edge;
    case 1: return edge - 1;
    case 2: return edge - 4;
    case 3: return edge - page_4k + dice_.below(page_4k);
    default: return edge + dice_.below(page_4k);
  }
}

void RandomImage::choose_place(iommu::TranslationRequest& request) {
  Requester requester = dice_.pick(requesters_);
  if (dice_.one_in(40)) requester.id = RequesterId{static_cast<std::uint16_t>(dice_.below(0x1'0000))};
  request.requester = requester.id;
  request.address = Iova{random_address(requester)};
}

iommu::TranslationRequest RandomImage::next_request() {
  static const std::vector<Operation> operations{Operation::read,  Operation::read,  Operation::read,
                                                 Operation::write, Operation::write, Operation::atomic};
  iommu::TranslationRequest request;
  // Every third request goes where the last one went, so that caches answer too.
  if (last_ && dice_.one_in(3)) {
    request.requester = last_->requester;
    request.address = last_->address;
  } else {
    choose_place(request);
  }
  request.operation = dice_.pick(operations);
  if (dice_.one_in(15))
    request.address_type = dice_.one_in(2) ? AddressType::translated : AddressType::translation_request;
  const std::uint64_t room = page_4k - request.address.offset_in(page_4k);
  request.size = static_cast<std::uint32_t>(std::min<std::uint64_t>(room, dice_.one_in(3) ? 4 : 1 + dice_.below(64)));
  if (request.operation == Operation::read && dice_.one_in(8)) request.size = 0;
  last_ = request;
  return request;
}

}  // namespace iommusim::tests
