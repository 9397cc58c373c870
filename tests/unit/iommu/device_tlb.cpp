// SPDX-License-Identifier: Apache-2.0
// A function's translations. Oracle: the layout and rules of translation completions and invalidation requests (PCIe
// base specification, 10.2.3 and 10.3.1), retyped.
#include "iommu/device_tlb.h"

#include <catch2/catch.hpp>

using namespace iommusim;
using namespace iommusim::iommu;

namespace {

constexpr std::uint64_t r = 1, w = 2, u = 4, exe = 8, priv = 16, s = 1U << 11;

Access access(Operation operation, std::uint64_t address, std::optional<Pasid> pasid = std::nullopt) {
  Access result;
  result.operation = operation;
  result.address = BusAddr{address};
  result.size = 64;
  result.pasid = pasid;
  return result;
}

TranslationResult answer(std::uint64_t address, std::uint64_t page_size, bool reads, bool writes) {
  TranslationResult result;
  result.outcome = Outcome::translated;
  result.address = PhysAddr{address};
  result.page_size = page_size;
  result.readable = reads;
  result.writable = writes;
  return result;
}

const Access question = translation_request(access(Operation::read, 0x1000));

DeviceTlbInvalidation page(std::uint64_t first, std::uint64_t size = page_4k) {
  return {RequesterId{}, std::nullopt, false, {Iova{first}, Iova{first + size - 1}}};
}

}  // namespace

TEST_CASE("A translation completion says the page, its size and its rights", "[iommu][ats]") {
  CHECK(translation_completion(question, answer(0x1234'5678, page_4k, true, true)).raw() == (0x1234'5000 | r | w));
  CHECK(translation_completion(question, answer(0x1234'5678, page_4k, true, false)).raw() == (0x1234'5000 | r));
  // 2 MiB: the lowest zero bit is bit 20.
  CHECK(translation_completion(question, answer(0x4020'1234, page_2m, false, true)).raw() == (0x402F'F000 | s | w));
  CHECK(translation_completion(question, answer(0x1'4020'1234, page_1g, true, true)).raw() ==
        (0x1'5FFF'F000 | s | r | w));
}

TEST_CASE("A completion without rights says nothing else", "[iommu][ats]") {
  CHECK(translation_completion(question, answer(0x1234'5678, page_2m, false, false)).raw() == 0);
}

TEST_CASE("A function that knows nothing asks, for the whole page and every right", "[iommu][ats]") {
  const DeviceTlb tlb{DeviceTlbConfig{}};
  const Access wanted = access(Operation::write, 0x1234'5678, Pasid{7});
  CHECK_FALSE(tlb.resolve(wanted));
  const Access asked = translation_request(wanted);
  CHECK(asked.operation == Operation::read);
  CHECK(asked.address_type == AddressType::translation_request);
  CHECK(asked.address == BusAddr{0x1234'5000});
  CHECK(asked.size == 8);
  CHECK(asked.pasid == Pasid{7});
}

TEST_CASE("What it was told it uses, in its page and with its rights", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x1234'5678), AddressTranslation{0x8888'0000 | r});
  const auto sent = tlb.resolve(access(Operation::read, 0x1234'5010));
  REQUIRE(sent);
  CHECK(sent->address_type == AddressType::translated);
  CHECK(sent->address == BusAddr{0x8888'0010});
  CHECK(sent->size == 64);
  CHECK_FALSE(tlb.resolve(access(Operation::write, 0x1234'5010)));
  CHECK_FALSE(tlb.resolve(access(Operation::atomic, 0x1234'5010)));
  CHECK_FALSE(tlb.resolve(access(Operation::read, 0x1234'6000)));
}

TEST_CASE("A large page is known as a whole", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x4000'0000), AddressTranslation{0x800F'F000 | s | r | w});
  CHECK(tlb.resolve(access(Operation::write, 0x401F'FFC0))->address == BusAddr{0x801F'FFC0});
  CHECK_FALSE(tlb.resolve(access(Operation::write, 0x4020'0000)));
}

TEST_CASE("Untranslated access only means the address stays", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::write, 0xFEE0'1000), AddressTranslation{w | u});
  const auto sent = tlb.resolve(access(Operation::write, 0xFEE0'1000));
  REQUIRE(sent);
  CHECK(sent->address_type == AddressType::untranslated);
  CHECK(sent->address == BusAddr{0xFEE0'1000});
}

TEST_CASE("What supervisors were told users do not use, nor the other way round", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  const Access by_user = access(Operation::write, 0x1000, Pasid{5});
  Access by_supervisor = by_user;
  by_supervisor.privileged = true;
  tlb.fill(by_supervisor, AddressTranslation{0xA000 | r | w | priv});
  CHECK_FALSE(tlb.resolve(by_user));
  CHECK(tlb.resolve(by_supervisor)->address == BusAddr{0xA000});
  tlb.fill(by_user, AddressTranslation{0xB000 | r | w});
  CHECK(tlb.resolve(by_user)->address == BusAddr{0xB000});
  CHECK(tlb.resolve(by_supervisor)->address == BusAddr{0xA000});
  // An invalidation does not tell them apart.
  DeviceTlbInvalidation both = page(0x1000);
  both.pasid = Pasid{5};
  CHECK(tlb.invalidate(both) == 2);
}

TEST_CASE("A completion says whether its rights are those of supervisors", "[iommu][ats]") {
  Access asked = translation_request(access(Operation::read, 0x1000, Pasid{5}));
  const TranslationResult granted = answer(0xA000, page_4k, true, false);
  CHECK(translation_completion(asked, granted).raw() == (0xA000 | r));
  asked.privileged = true;
  CHECK(translation_completion(asked, granted).raw() == (0xA000 | r | priv));
  asked.pasid.reset();
  CHECK(translation_completion(asked, granted).raw() == (0xA000 | r));
}

TEST_CASE("To execute, a function needs a completion that says so", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  Access fetch = access(Operation::read, 0x1000, Pasid{5});
  tlb.fill(fetch, AddressTranslation{0xA000 | r});
  fetch.execute = true;
  CHECK_FALSE(tlb.resolve(fetch));
  tlb.fill(fetch, AddressTranslation{0xA000 | r | exe});
  CHECK(tlb.resolve(fetch));
}

TEST_CASE("A completion for everything is kept without harm", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x1000), AddressTranslation{0x7FFF'FFFF'FFFF'F000 | s | r});
  CHECK(tlb.resolve(access(Operation::read, 0x5'0000)));
  CHECK_FALSE(tlb.resolve(access(Operation::read, 0x8000'0000'0000'0000)));
}

TEST_CASE("A completion without rights is not kept", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x1000), AddressTranslation{});
  CHECK(tlb.size() == 0);
}

TEST_CASE("Address spaces are told apart", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x1000, Pasid{0}), AddressTranslation{0xA000 | r});
  tlb.fill(access(Operation::read, 0x1000, Pasid{5}), AddressTranslation{0xB000 | r});
  CHECK_FALSE(tlb.resolve(access(Operation::read, 0x1000)));
  CHECK(tlb.resolve(access(Operation::read, 0x1000, Pasid{0}))->address == BusAddr{0xA000});
  CHECK(tlb.resolve(access(Operation::read, 0x1000, Pasid{5}))->address == BusAddr{0xB000});
}

TEST_CASE("An invalidation drops what overlaps its block, in its address space", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  tlb.fill(access(Operation::read, 0x1000), AddressTranslation{0xA000 | r});
  tlb.fill(access(Operation::read, 0x2000), AddressTranslation{0xB000 | r});
  tlb.fill(access(Operation::read, 0x1000, Pasid{5}), AddressTranslation{0xC000 | r});
  tlb.fill(access(Operation::read, 0x4000'0000), AddressTranslation{0x800F'F000 | s | r});
  CHECK(tlb.invalidate(page(0x1000)) == 1);
  CHECK_FALSE(tlb.resolve(access(Operation::read, 0x1000)));
  CHECK(tlb.resolve(access(Operation::read, 0x2000)));
  CHECK(tlb.resolve(access(Operation::read, 0x1000, Pasid{5})));
  // Any page of a large one takes all of it.
  CHECK(tlb.invalidate(page(0x4010'0000)) == 1);

  DeviceTlbInvalidation of_pasid = page(0x1000);
  of_pasid.pasid = Pasid{5};
  CHECK(tlb.invalidate(of_pasid) == 1);
  tlb.fill(access(Operation::read, 0x2000, Pasid{9}), AddressTranslation{0xD000 | r});
  of_pasid.global = true;
  of_pasid.block = Range<Iova>::everything();
  CHECK(tlb.invalidate(of_pasid) == 2);
  CHECK(tlb.size() == 0);
}

TEST_CASE("Without entries every request is asked for", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{0, 1}};
  tlb.fill(access(Operation::read, 0x1000), AddressTranslation{0xA000 | r});
  CHECK_FALSE(tlb.resolve(access(Operation::read, 0x1000)));
}

TEST_CASE("Functions that share translations do not see each other's", "[iommu][ats]") {
  DeviceTlb tlb{DeviceTlbConfig{}};
  Access first = access(Operation::read, 0x1000);
  Access second = first;
  first.requester = RequesterId{1, 0, 1};
  second.requester = RequesterId{1, 0, 2};
  tlb.fill(first, AddressTranslation{0xA000 | r});
  CHECK_FALSE(tlb.resolve(second));
  tlb.fill(second, AddressTranslation{0xB000 | r});
  CHECK(tlb.resolve(first)->address == BusAddr{0xA000});
  DeviceTlbInvalidation everything = page(0x1000);
  everything.global = true;
  everything.target = first.requester;
  CHECK(tlb.invalidate(everything) == 1);
  CHECK(tlb.resolve(second)->address == BusAddr{0xB000});
  tlb.forget(first.requester);
  CHECK(tlb.size() == 1);
  tlb.forget(second.requester);
  CHECK(tlb.size() == 0);
}
