// SPDX-License-Identifier: Apache-2.0
// GCMD (VT-d specification, 11.4.4.1). Software changes one field with each write; where it changes several,
// they act in the order below. What the unit does not advertise cannot be set: SFL and EAFL (CAP.AFL), and without
// ECAP.IR also IRE and SIRTP.
#include "iommu/vtd/unit_state.h"

namespace iommusim::vtd {

void Unit::State::execute_global_command() {
  const auto command = registers.load<GlobalCommand>(RegisterId::gcmd);
  // One-shot fields. WBF has nothing to flush, as table writes are never held back: WBFS is 0 again at once.
  if (command.get<GlobalCommand::SRTP>()) set_root_table_pointer();
  if (command.get<GlobalCommand::SIRTP>()) set_interrupt_table_pointer();
  // Levels.
  set_queued_invalidation(command.get<GlobalCommand::QIE>());
  set_interrupt_remapping(command.get<GlobalCommand::IRE>());
  set_compatibility_format(command.get<GlobalCommand::CFI>());
  set_translation(command.get<GlobalCommand::TE>());
}

/// RTADDR takes effect here and nowhere else, also while TES is 1.
void Unit::State::set_root_table_pointer() {
  const auto rtaddr = registers.load<RootTableAddress>(RegisterId::rtaddr);
  remapping.root_table = PhysAddr{rtaddr.raw() & RootTableAddress::RTA::mask};
  remapping.table_mode = rtaddr.get<RootTableAddress::TTM>();
  // CAP.ESRTPS=0: stale entries stay until software invalidates them.
  if (config.enhanced_set_root)
    caches.invalidate_everything();
  else
    caches.tell_invalidated();
  set_status<GlobalStatus::RTPS>(true);
}

/// IRTA takes effect here and nowhere else, also while IRES is 1.
void Unit::State::set_interrupt_table_pointer() {
  if (!config.interrupt_remapping) return;
  using Address = InterruptRemappingTableAddress;
  const auto irta = registers.load<Address>(RegisterId::irta);
  interrupt_remapping.table = PhysAddr{irta.raw() & Address::IRTA::mask};
  interrupt_remapping.entries = 2U << irta.get<Address::S>();
  interrupt_remapping.extended = irta.get<Address::EIME>();
  // CAP.ESIRTPS=0: stale entries stay until software invalidates them.
  if (config.enhanced_set_interrupt_table) caches.interrupt_entries.clear();
  set_status<GlobalStatus::IRTPS>(true);
}

void Unit::State::set_interrupt_remapping(bool enable) {
  if (!config.interrupt_remapping || enable == status<GlobalStatus::IRES>()) return;
  if (enable && config.require_root_table && !status<GlobalStatus::IRTPS>()) return;
  set_status<GlobalStatus::IRES>(enable);
  interrupt_remapping.enabled = enable;
  if (!enable && config.enhanced_set_interrupt_table) caches.interrupt_entries.clear();
  restart_fault_log();
}

void Unit::State::set_queued_invalidation(bool enable) {
  if (!config.queued_invalidation || enable == status<GlobalStatus::QIES>()) return;
  set_status<GlobalStatus::QIES>(enable);
  if (enable)
    run_queue();
  else
    queue.reset_head();
}

/// The status follows; it matters with interrupt remapping only.
void Unit::State::set_compatibility_format(bool enable) {
  set_status<GlobalStatus::CFIS>(enable);
  interrupt_remapping.compatibility_format = enable;
}

void Unit::State::set_translation(bool enable) {
  if (enable == status<GlobalStatus::TES>()) return;
  if (enable && config.require_root_table && !status<GlobalStatus::RTPS>()) return;
  set_status<GlobalStatus::TES>(enable);
  remapping.enabled = enable;
  // With SMTS turning off is a global invalidation.
  if (!enable && config.scalable_mode)
    caches.invalidate_everything();
  else
    caches.tell_invalidated();
  restart_fault_log();
}

/// With both kinds of remapping off, records are filled from the first again (7.2.1).
void Unit::State::restart_fault_log() {
  if (!remapping.enabled && !interrupt_remapping.enabled) faults.restart();
}

}  // namespace iommusim::vtd
