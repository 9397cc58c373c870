// SPDX-License-Identifier: Apache-2.0
#include "support/vtd_bench.h"

#include "base/endian.h"

#include <catch2/catch.hpp>

#include <array>

namespace iommusim::tests {
namespace {

iommu::TranslationRequest request(Operation operation, std::uint64_t address, RequesterId requester,
                                  std::uint32_t size) {
  iommu::TranslationRequest result;
  result.operation = operation;
  result.address = Iova{address};
  result.requester = requester;
  result.size = size;
  return result;
}

/// Reference 4.5: posted writes are lost without an answer, the rest gets unsupported request.
void check_blocked(const iommu::TranslationRequest& request, const iommu::TranslationResult& result,
                   std::uint16_t reason) {
  CHECK(result.outcome == iommu::Outcome::fault);
  CHECK(result.fault_reason == reason);
  if (request.operation == Operation::write) {
    CHECK(result.status == CompletionStatus::none);
  } else if (request.address_type != AddressType::translation_request) {
    CHECK(result.status == CompletionStatus::unsupported_request);
  }
}

/// (T1, T2) of reference 1.11.
unsigned request_type(Operation operation) {
  switch (operation) {
    case Operation::write: return 0;
    case Operation::read: return 2;
    case Operation::atomic: return 3;
  }
  return 0;
}

void check_record(const FaultRecord& record, const iommu::TranslationRequest& request, std::uint16_t reason) {
  CHECK(record.get<FaultRecord::F>() == 1);
  CHECK(record.get<FaultRecord::FR>() == reason);
  CHECK(record.get<FaultRecord::SID>() == request.requester.raw());
  CHECK(record.get<FaultRecord::FI>() == request.address.value() >> 12);
  const auto type = record.get<FaultRecord::T1>() * 2 + record.get<FaultRecord::T2>();
  CHECK(type == request_type(request.operation));
  CHECK(record.get<FaultRecord::PP>() == (request.pasid.has_value() ? 1U : 0U));
  if (request.pasid.has_value()) CHECK(record.get<FaultRecord::PV>() == request.pasid->value());
  CHECK(record.get<FaultRecord::EXE>() == (request.pasid.has_value() && request.execute ? 1U : 0U));
  CHECK(record.get<FaultRecord::PRIV>() == (request.pasid.has_value() && request.privileged ? 1U : 0U));
}

}  // namespace

iommu::TranslationRequest read_of(std::uint64_t address, RequesterId requester, std::uint32_t size) {
  return request(Operation::read, address, requester, size);
}

iommu::TranslationRequest write_of(std::uint64_t address, RequesterId requester, std::uint32_t size) {
  return request(Operation::write, address, requester, size);
}

iommu::TranslationRequest atomic_on(std::uint64_t address, RequesterId requester) {
  return request(Operation::atomic, address, requester, 4);
}

VtdBench::VtdBench(const vtd::UnitConfig& config)
    : memory{{memory::Bank{ComponentId{0}, {PhysAddr{0}, PhysAddr{0xF'FFFF'FFFF}}}}},
      bus{memory},
      unit{config, bus},
      registers{unit},
      tables{memory, table_base},
      queue{registers, memory, queue_base} {
  unit.on_message([this](const interrupts::MsiMessage& message) { messages.push_back(message); });
}

void VtdBench::enable_translation() {
  registers.set_root(tables.root());
  registers.command(global::te);
}

Domain VtdBench::start(unsigned levels) {
  const Domain domain = tables.new_domain(levels);
  tables.attach(device, domain);
  enable_translation();
  return domain;
}

iommu::TranslationResult VtdBench::translate(const iommu::TranslationRequest& request) {
  return unit.translate(request, fetches);
}

bool VtdBench::no_fault_recorded() const {
  return registers.fault_status() == 0 && registers.fault_record().get<FaultRecord::F>() == 0;
}

std::uint32_t VtdBench::load32(PhysAddr address) const {
  std::array<std::uint8_t, 4> bytes{};
  REQUIRE(memory.read(address, bytes.data(), bytes.size()));
  return load_le<std::uint32_t>(bytes.data());
}

void VtdBench::store32(PhysAddr address, std::uint32_t value) {
  std::array<std::uint8_t, 4> bytes{};
  store_le(bytes.data(), value);
  REQUIRE(memory.write(address, bytes.data(), bytes.size()));
}

void expect_fault(VtdBench& bench, const iommu::TranslationRequest& request, std::uint16_t reason) {
  INFO("expected fault reason " << reason << " at " << request.address.value());
  const auto result = bench.translate(request);
  check_blocked(request, result, reason);
  CHECK(result.fault_recorded);
  CHECK((bench.registers.fault_status() & fault_status::ppf) != 0);
  check_record(bench.registers.fault_record(), request, reason);
  const auto type = bench.unit.config().device_tlb ? static_cast<unsigned>(request.address_type) : 0;
  CHECK(bench.registers.fault_record().get<FaultRecord::AT>() == type);
  bench.registers.clear_fault_record();
}

void expect_unrecorded_fault(VtdBench& bench, const iommu::TranslationRequest& request, std::uint16_t reason) {
  INFO("expected unrecorded fault reason " << reason << " at " << request.address.value());
  const auto result = bench.translate(request);
  check_blocked(request, result, reason);
  CHECK_FALSE(result.fault_recorded);
  CHECK(bench.no_fault_recorded());
}

void expect_translated(VtdBench& bench, const iommu::TranslationRequest& request, PhysAddr address) {
  INFO("expected " << request.address.value() << " at " << address.value());
  const auto result = bench.translate(request);
  CHECK(result.outcome == iommu::Outcome::translated);
  CHECK(result.address.value() == address.value());
  CHECK(result.status == CompletionStatus::successful);
  CHECK(bench.no_fault_recorded());
}

}  // namespace iommusim::tests
