// SPDX-License-Identifier: Apache-2.0
#include "software/vtd_fault_log.h"

namespace iommusim::software {
namespace {

using vtd::FaultRecord;
using vtd::FaultStatus;

/// Writing one to F, which is the top bit of the record, frees the record; its other bits in that doubleword
/// ignore it.
constexpr std::uint32_t clear_fault = 0x8000'0000;

FaultReport decode(const FaultRecord& record) {
  FaultReport report;
  report.requester = RequesterId{static_cast<std::uint16_t>(record.get<FaultRecord::SID>())};
  report.reason = static_cast<std::uint8_t>(record.get<FaultRecord::FR>());
  const unsigned type = (record.get<FaultRecord::T1>() ? 2u : 0u) + (record.get<FaultRecord::T2>() ? 1u : 0u);
  report.request = static_cast<FaultedRequest>(type);
  report.page = Iova{record.get<FaultRecord::FI>() * page_4k};
  if (record.get<FaultRecord::PP>()) report.pasid = Pasid{static_cast<std::uint32_t>(record.get<FaultRecord::PV>())};
  return report;
}

/// F is read first: hardware sets it last, so the rest is complete when it is set.
std::optional<FaultReport> take(CpuBus& bus, PhysAddr address) {
  const std::uint64_t top = bus.load32(address + 12);
  const std::uint64_t high = top << 32 | bus.load32(address + 8);
  const FaultRecord record{{bus.load64(address), high}};
  if (!record.get<FaultRecord::F>()) return std::nullopt;
  bus.store32(address + 12, clear_fault);
  return decode(record);
}

}  // namespace

FaultReports drain_faults(RemappingRegisters& registers) {
  FaultReports reports;
  auto status = registers.read<FaultStatus>(vtd::RegisterId::fsts);
  reports.overflow = status.get<FaultStatus::PFO>();
  const auto count = static_cast<unsigned>(registers.capability().get<vtd::Capability::NFR>() + 1);
  // From the oldest on, until a free record; one round at most, for devices that fault faster than we read.
  unsigned index = status.get<FaultStatus::FRI>();
  for (unsigned n = 0; status.get<FaultStatus::PPF>() && n < count; ++n) {
    const auto report = take(registers.bus(), registers.fault_record(index));
    if (!report) break;
    reports.records.push_back(*report);
    index = (index + 1) % count;
  }
  status = FaultStatus{};
  status.set<FaultStatus::PFO>(true);
  status.set<FaultStatus::PPF>(true);
  registers.write(vtd::RegisterId::fsts, status);
  return reports;
}

}  // namespace iommusim::software
