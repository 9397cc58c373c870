// SPDX-License-Identifier: Apache-2.0
// Bringing the unit up (SMMUv3 architecture, 3.21.1 and 6.3).
#include "software/smmuv3_driver.h"

#include "software/driver_error.h"

namespace iommusim::software {

using smmuv3::Control0;
using smmuv3::Control1;
using smmuv3::Control2;
using smmuv3::GlobalBypassAttribute;
using smmuv3::GlobalError;
using smmuv3::Granule;
using smmuv3::Idr0;
using smmuv3::InterruptConfig0;
using smmuv3::InterruptConfig1;
using smmuv3::InterruptConfig2;
using smmuv3::InterruptControl;
using smmuv3::Opcode;
using smmuv3::RegisterId;

namespace {

/// IC, OC and SH.
constexpr std::uint64_t write_back = 1;
constexpr std::uint64_t inner_shareable = 3;
/// MemAttr of messages.
constexpr std::uint64_t device_ngnre = 1;
/// CMD_CFGI_STE_RANGE: all streams.
constexpr unsigned all_streams = 31;

Granule choose_granule(const Smmuv3Registers& registers, std::optional<Granule> wanted) {
  if (wanted && !registers.has_granule(*wanted))
    registers.fail("has no tables of " + std::to_string(std::uint64_t{1} << (static_cast<unsigned>(*wanted) - 10)) +
                   " KiB pages");
  if (wanted) return *wanted;
  for (const Granule granule : {Granule::size_4k, Granule::size_16k, Granule::size_64k})
    if (registers.has_granule(granule)) return granule;
  registers.fail("has no granule");
}

}  // namespace

Smmuv3Driver::Smmuv3Driver(CpuBus& bus, PageAllocator& pages, const Smmuv3DriverConfig& config)
    : pages_{pages},
      config_{config},
      streams_{config.streams},
      registers_{bus, config.register_base, config.max_polls},
      granule_{choose_granule(registers_, config.granule)},
      commands_{registers_, pages},
      events_{registers_, commands_, streams_, pages},
      contexts_{bus, pages} {
  check_capabilities();
}

Smmuv3Driver::~Smmuv3Driver() = default;

void Smmuv3Driver::check_capabilities() const {
  constexpr std::uint64_t vmsa_64 = 2;
  constexpr std::uint64_t big_endian = 3;
  if ((registers_.idr0().get<Idr0::TTF>() & vmsa_64) == 0) registers_.fail("walks no 64-bit descriptors");
  if (registers_.idr0().get<Idr0::TTENDIAN>() == big_endian) registers_.fail("walks big-endian tables only");
}

void Smmuv3Driver::prepare() {
  if (registers_.read<Control0>(RegisterId::cr0).get<Control0::SMMUEN>()) refuse_all();
  set_control({}, "stop");
  stream_table_.emplace(registers_, pages_);
  set_attributes();
  stream_table_->program();
  // What firmware left would keep the queues from running.
  registers_.write(RegisterId::gerrorn, registers_.read<GlobalError>(RegisterId::gerror));
  start_commands();
  start_queues();
  start_interrupts();
}

void Smmuv3Driver::enable() {
  if (!stream_table_) prepare();
  Control0 value = control_;
  value.set<Control0::SMMUEN>(true);
  set_control(value, "switch translation on");
}

/// While the unit is off, nothing gets through that was translated before.
void Smmuv3Driver::refuse_all() {
  const auto idle = [&] {
    return !registers_.read<GlobalBypassAttribute>(RegisterId::gbpa).get<GlobalBypassAttribute::Update>();
  };
  registers_.poll("finish the update of GBPA", idle);
  auto value = registers_.read<GlobalBypassAttribute>(RegisterId::gbpa);
  value.set<GlobalBypassAttribute::ABORT>(true);
  value.set<GlobalBypassAttribute::Update>(true);
  registers_.write(RegisterId::gbpa, value);
  registers_.poll("update GBPA", idle);
}

void Smmuv3Driver::set_control(Control0 value, const std::string& what) {
  registers_.update(RegisterId::cr0, RegisterId::cr0ack, value, what);
  control_ = value;
}

/// Requests of streams that the table does not have are recorded.
void Smmuv3Driver::set_attributes() {
  Control1 attributes;
  attributes.set<Control1::TABLE_SH>(inner_shareable);
  attributes.set<Control1::TABLE_OC>(write_back);
  attributes.set<Control1::TABLE_IC>(write_back);
  attributes.set<Control1::QUEUE_SH>(inner_shareable);
  attributes.set<Control1::QUEUE_OC>(write_back);
  attributes.set<Control1::QUEUE_IC>(write_back);
  registers_.write(RegisterId::cr1, attributes);
  Control2 control;
  control.set<Control2::PTM>(true);
  control.set<Control2::RECINVSID>(true);
  registers_.write(RegisterId::cr2, control);
}

/// Enabling forgets nothing (3.21.1): software has to.
void Smmuv3Driver::start_commands() {
  commands_.start();
  Control0 value = control_;
  value.set<Control0::CMDQEN>(true);
  set_control(value, "start its command queue");
  auto forget = command_of<smmuv3::ConfigCommand>(Opcode::cfgi_ste_range);
  forget.set<smmuv3::ConfigCommand::Range>(all_streams);
  bool done = commands_.submit({forget});
  if (registers_.idr0().get<Idr0::HYP>()) done = commands_.submit({command_of(Opcode::tlbi_el2_all)}) && done;
  done = commands_.submit({command_of(Opcode::tlbi_nsnh_all)}) && done;
  if (!done) registers_.fail("did not invalidate its caches");
}

void Smmuv3Driver::start_queues() {
  events_.start();
  Control0 value = control_;
  value.set<Control0::EVENTQEN>(true);
  set_control(value, "start its event queue");
  if (registers_.idr0().get<Idr0::PRI>()) {
    page_requests_.emplace(registers_, commands_, streams_, pages_);
    page_requests_->start();
    value.set<Control0::PRIQEN>(true);
    set_control(value, "start its page request queue");
  }
  if (!registers_.idr0().get<Idr0::ATS>()) return;
  value.set<Control0::ATSCHK>(true);
  set_control(value, "check translated transactions");
}

void Smmuv3Driver::start_interrupts() {
  registers_.update(RegisterId::irq_ctrl, RegisterId::irq_ctrlack, InterruptControl{}, "switch interrupts off");
  const bool has_page_requests = registers_.idr0().get<Idr0::PRI>();
  if (registers_.idr0().get<Idr0::MSI>()) {
    write_message(RegisterId::gerror_irq_cfg0, config_.error_message);
    write_message(RegisterId::eventq_irq_cfg0, config_.event_message);
    if (has_page_requests) write_message(RegisterId::priq_irq_cfg0, config_.page_request_message);
  }
  InterruptControl enabled;
  enabled.set<InterruptControl::EVENTQ_IRQEN>(true);
  enabled.set<InterruptControl::GERROR_IRQEN>(true);
  enabled.set<InterruptControl::PRIQ_IRQEN>(has_page_requests);
  registers_.update(RegisterId::irq_ctrl, RegisterId::irq_ctrlack, enabled, "switch interrupts on");
}

/// CFG1 and CFG2 follow CFG0, of whichever source.
void Smmuv3Driver::write_message(RegisterId config_0, const interrupts::MsiMessage& message) {
  const auto after = [config_0](unsigned n) { return static_cast<RegisterId>(static_cast<unsigned>(config_0) + n); };
  registers_.write(config_0, InterruptConfig0{message.address.value()});
  if (message.address.value() == 0) return;
  registers_.write(after(1), InterruptConfig1{message.data});
  InterruptConfig2 attributes;
  attributes.set<InterruptConfig2::MemAttr>(device_ngnre);
  registers_.write(after(2), attributes);
}

std::uint64_t Smmuv3Driver::serve_page_requests(const PageFaultHandler& handler) {
  if (!stream_table_) return 0;
  const std::uint64_t asked = page_requests_ ? page_requests_->serve(handler) : 0;
  return asked + events_.serve(handler);
}

}  // namespace iommusim::software
