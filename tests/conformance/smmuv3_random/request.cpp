// SPDX-License-Identifier: Apache-2.0
#include "conformance/smmuv3_random/request.h"

#include <algorithm>

namespace iommusim::tests::smmu {
namespace {

using oracle::smmuv3::Request;

std::uint64_t random_address(const Facts& facts, const Space* space, Random& random) {
  if (space == nullptr || space->mapped.empty() || random.percent(5)) {
    const std::uint64_t any = random.below(std::uint64_t{1} << facts.output_bits());
    return random.percent(75) ? any : random.word();
  }
  std::uint64_t address = random.pick(space->mapped) ^ random.below(page_4k);
  if (random.percent(8)) address ^= page_4k << random.below(20);
  if (random.percent(5)) address ^= std::uint64_t{1} << random.between(12, 63);
  return address;
}

/// At most to the end of the page; now and then a read of nothing.
void choose_operation(Request& request, Random& random) {
  request.operation =
      random.pick({Operation::read, Operation::read, Operation::write, Operation::write, Operation::atomic});
  const std::uint64_t room = page_4k - request.address % page_4k;
  request.size = static_cast<std::uint32_t>(std::min(room, random.percent(50) ? 4 : random.between(1, 128)));
  if (request.operation == Operation::read && random.percent(3)) request.size = 0;
}

void choose_address_type(Request& request, Random& random) {
  if (random.percent(28)) {
    request.address_type = AddressType::translation_request;
    request.operation = Operation::read;
    request.address &= ~(page_4k - 1);
    request.size = 8;
    request.no_write = random.percent(40);
  } else if (random.percent(12)) {
    request.address_type = AddressType::translated;
  }
}

}  // namespace

ChosenRequest random_request(const Facts& facts, std::uint32_t first_stream, const Image& image, Random& random) {
  ChosenRequest chosen;
  Request& request = chosen.request;
  request.stream = first_stream + static_cast<std::uint32_t>(random.below(0x10000));
  if (!image.spaces.empty() && !random.percent(1)) {
    chosen.space = &random.pick(image.spaces);
    request.stream = chosen.space->stream;
    request.substream = chosen.space->substream;
  }
  request.address = random_address(facts, chosen.space, random);
  if (random.percent(3)) {
    request.stream ^= 1U << random.below(16);
    chosen.space = nullptr;
  }
  if (random.percent(4)) {
    request.substream = static_cast<std::uint32_t>(random.below(std::uint64_t{1} << random.between(1, 20)));
    chosen.space = nullptr;
  } else if (random.percent(2)) {
    request.substream.reset();
    chosen.space = nullptr;
  }
  choose_operation(request, random);
  if (facts.ats()) choose_address_type(request, random);
  if (request.substream) {
    request.privileged = random.percent(40);
    request.instruction = request.is_read() && random.percent(35);
  }
  return chosen;
}

}  // namespace iommusim::tests::smmu
