// SPDX-License-Identifier: Apache-2.0
// Bringing the unit up (VT-d specification, 10.4 and 11.4.4).
#include "software/vtd_driver.h"

namespace iommusim::software {

using vtd::Capability;
using vtd::EventControl;
using vtd::ExtendedCapability;
using vtd::FaultStatus;
using vtd::GlobalCommand;
using vtd::GlobalStatus;
using vtd::ProtectedMemoryEnable;
using vtd::RegisterId;
using vtd::RootTableAddress;

namespace {
using Word32 = Word<32>;
}  // namespace

VtdDriver::VtdDriver(CpuBus& bus, PageAllocator& pages, const VtdDriverConfig& config)
    : pages_{pages},
      config_{config},
      registers_{bus, config.register_base, config.max_polls},
      invalidation_{make_invalidation_submitter(registers_, pages)} {}

VtdDriver::~VtdDriver() = default;

void VtdDriver::prepare() {
  drain_faults();
  invalidation_->start();
  start_interrupt_remapping();
  // Firmware may have left translation on, with its own tables.
  if (registers_.read<GlobalStatus>(RegisterId::gsts).get<GlobalStatus::TES>())
    registers_.command<GlobalCommand::TE, GlobalStatus::TES>(false, "switch translation off");
  registers_.flush_write_buffer();
  program_root_table();
  if (extended_capability().get<ExtendedCapability::PRS>()) {
    page_requests_ = std::make_unique<PageRequestService>(registers_, *invalidation_, pages_);
    page_requests_->start(config_.page_request_event);
  }
  program_fault_event();
}

// Interrupts first, as Linux does: whoever drives devices meets remapping as it is.
void VtdDriver::start_interrupt_remapping() {
  if (config_.interrupt_entries == 0 || !extended_capability().get<ExtendedCapability::IR>()) return;
  interrupts_.emplace(registers_, *invalidation_, pages_, config_.interrupt_entries);
  interrupts_->start();
}

void VtdDriver::enable() {
  if (!device_tables_) prepare();
  registers_.command<GlobalCommand::TE, GlobalStatus::TES>(true, "switch translation on");
  disable_protected_memory();
}

void VtdDriver::program_root_table() {
  // As in Linux.
  const bool scalable = extended_capability().get<ExtendedCapability::SMTS>();
  device_tables_ =
      scalable ? make_scalable_tables(registers_.bus(), pages_) : make_legacy_tables(registers_.bus(), pages_);
  RootTableAddress root;
  root.set<RootTableAddress::RTA>(device_tables_->root().value() / page_4k);
  root.set<RootTableAddress::TTM>(device_tables_->mode());
  registers_.write(RegisterId::rtaddr, root);
  registers_.command<GlobalCommand::SRTP, GlobalStatus::RTPS>(true, "take the root table");
  if (capability().get<Capability::ESRTPS>()) return;
  vtd::ContextInvalidation contexts;
  contexts.granularity = vtd::ContextGranularity::global;
  if (!invalidation_->submit(contexts)) registers_.fail("did not invalidate its context cache");
  vtd::PasidCacheInvalidation pasids;
  pasids.granularity = vtd::PasidCacheGranularity::global;
  if (scalable && !invalidation_->submit(pasids)) registers_.fail("did not invalidate its PASID cache");
  vtd::IotlbInvalidation translations;
  translations.granularity = vtd::IotlbGranularity::global;
  if (!invalidation_->submit(translations)) registers_.fail("did not invalidate its IOTLB");
}

// The read after unmasking pushes the write out; writing back what FSTS reads drops events from before.
void VtdDriver::program_fault_event() {
  const std::uint64_t address = config_.fault_event.address.value();
  registers_.write(RegisterId::fedata, Word32{config_.fault_event.data});
  registers_.write(RegisterId::feaddr, Word32{address & 0xFFFF'FFFF});
  registers_.write(RegisterId::feuaddr, Word32{address >> 32});
  registers_.write(RegisterId::fectl, EventControl{});
  registers_.read<EventControl>(RegisterId::fectl);
  registers_.write(RegisterId::fsts, registers_.read<FaultStatus>(RegisterId::fsts));
}

std::uint64_t VtdDriver::serve_page_requests(const PageFaultHandler& handler) {
  return page_requests_ ? page_requests_->serve(handler) : 0;
}

void VtdDriver::disable_protected_memory() {
  if (!capability().get<Capability::PLMR>() && !capability().get<Capability::PHMR>()) return;
  auto enable = registers_.read<ProtectedMemoryEnable>(RegisterId::pmen);
  enable.set<ProtectedMemoryEnable::EPM>(false);
  registers_.write(RegisterId::pmen, enable);
  registers_.poll("open the protected memory regions", [&] {
    return !registers_.read<ProtectedMemoryEnable>(RegisterId::pmen).get<ProtectedMemoryEnable::PRS>();
  });
}

}  // namespace iommusim::software
