// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/request.h"

#include <algorithm>

namespace iommusim::tests {
namespace {

using oracle::vtd::Facts;
using oracle::vtd::Request;

std::uint64_t random_address(const Facts& facts, const Space& space, Random& random) {
  if (random.percent(2)) return 0xFEE0'0000 + random.below(0x10'0000);
  if (space.mapped.empty() || random.percent(4)) {
    const std::uint64_t any = random.below(std::uint64_t{1} << facts.host_address_width);
    return random.percent(80) ? any : random.word();
  }
  std::uint64_t address = random.pick(space.mapped) ^ random.below(page_4k);
  if (random.percent(6)) address ^= page_4k << random.below(20);
  if (random.percent(4)) address ^= std::uint64_t{1} << random.between(12, 63);
  return address;
}

/// At most to the end of the page; now and then a read of nothing.
void choose_operation(Request& request, Random& random) {
  request.operation =
      random.pick({Operation::read, Operation::read, Operation::write, Operation::write, Operation::atomic});
  if (random.percent(25)) request.address &= ~std::uint64_t{3};
  const std::uint64_t room = page_4k - request.address % page_4k;
  request.size = static_cast<std::uint32_t>(std::min(room, random.percent(50) ? 4 : random.between(1, 128)));
  if (request.operation == Operation::read && random.percent(5)) request.size = 0;
}

void choose_address_type(const Facts& facts, Request& request, Random& random) {
  const unsigned chance = facts.device_tlb() ? 15 : 2;
  if (random.percent(chance)) {
    request.address_type = AddressType::translation_request;
    request.operation = Operation::read;
    request.address &= ~(page_4k - 1);
    request.size = 8;
    request.no_write = random.percent(40);
  } else if (random.percent(chance / 2)) {
    request.address_type = AddressType::translated;
  }
}

/// 5.1.3: an index as handle, or as handle and subhandle.
std::uint64_t remappable_address(std::uint64_t handle, bool subhandle_valid) {
  return 0xFEE0'0000 | (handle & 0x7FFF) << 5 | 1U << 4 | (subhandle_valid ? 1U << 3 : 0U) | handle >> 15 << 2;
}

ChosenRequest random_interrupt(const Image& image, Random& random) {
  ChosenRequest chosen;
  chosen.interrupt = true;
  Request& request = chosen.request;
  request.source = random.pick(image.spaces).source;
  if (random.percent(10)) request.source = static_cast<std::uint16_t>(request.source ^ (1U << random.below(16)));
  request.operation = Operation::write;
  request.size = 4;
  request.message_data = static_cast<std::uint32_t>(random.word());
  request.address = 0xFEE0'0000 | (random.below(0x10'0000) & ~std::uint64_t{0x13});
  if (random.percent(10)) return chosen;
  std::uint64_t index = random.below(0x10000);
  if (image.interrupts && random.percent(92)) index = random.pick(image.interrupts->indices);
  if (random.percent(3)) index ^= std::uint64_t{1} << random.below(16);
  const bool subhandle_valid = random.percent(40);
  const std::uint64_t subhandle = subhandle_valid ? random.below(index + 1) : 0;
  request.address = remappable_address(index - subhandle, subhandle_valid);
  if (subhandle_valid && !random.percent(5)) request.message_data = static_cast<std::uint32_t>(subhandle);
  return chosen;
}

/// As the device of `chosen` sends it; the oracle's request says the same.
void make_page_request(ChosenRequest& chosen, Random& random) {
  Request& request = chosen.request;
  iommu::PageRequest& page = chosen.page;
  request.page_request = true;
  request.address &= ~(page_4k - 1);
  page.requester = RequesterId{request.source};
  page.address = Iova{request.address};
  page.group = static_cast<std::uint16_t>(random.below(512));
  page.last = random.percent(70);
  page.read = random.percent(80);
  page.write = random.percent(50);
  if (!request.pasid) return;
  page.pasid = Pasid{*request.pasid};
  page.execute = request.execute = random.percent(30);
  page.privileged = request.privileged = random.percent(30);
}

}  // namespace

ChosenRequest random_request(const Facts& facts, const Image& image, Random& random) {
  if (random.percent(image.interrupts ? 20 : 2)) return random_interrupt(image, random);
  ChosenRequest chosen;
  Request& request = chosen.request;
  const Space& space = random.pick(image.spaces);
  chosen.space = &space;
  request.source = space.source;
  request.pasid = space.pasid;
  request.address = random_address(facts, space, random);
  if (random.percent(3)) {
    request.source = static_cast<std::uint16_t>(request.source ^ (1U << random.below(16)));
    chosen.space = nullptr;
  }
  if (random.percent(image.ttm == 1 ? 4 : 1)) {
    request.pasid = static_cast<std::uint32_t>(random.below(std::uint64_t{1} << random.between(1, 20)));
    chosen.space = nullptr;
  }
  if (facts.page_requests() && random.percent(15)) {
    make_page_request(chosen, random);
    return chosen;
  }
  choose_operation(request, random);
  choose_address_type(facts, request, random);
  if (request.pasid) {
    request.privileged = random.percent(35);
    request.execute = request.operation == Operation::read && random.percent(30);
  }
  return chosen;
}

}  // namespace iommusim::tests
