// SPDX-License-Identifier: Apache-2.0
#include "traces/replay.h"

#include "base/endian.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "pcie/rules.h"
#include "pcie/translation_capabilities.h"
#include "software/driver_error.h"
#include "tlm/timing.h"
#include "traces/apply_setting.h"
#include "traces/bar_address.h"
#include "traces/interrupt_logic.h"
#include "traces/pattern.h"
#include "traces/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iommusim::traces {

using analysis::AccessSource;
using modules::to_duration;
using modules::to_sc_time;
using pcie::NodeIndex;

namespace {

constexpr std::uint64_t operations_between_reports = 64;

// Words of a line: its time, the device, what it does, and what to.
constexpr std::size_t device_word = 1;
constexpr std::size_t first_argument = 3;

/// The word that an error of software is about: the address or the setting that it was given.
std::size_t word_of_error(const Action& action) {
  if (const auto* configure = std::get_if<Configure>(&action)) {
    const Setting* setting = find_setting(configure->setting);
    return setting != nullptr && setting->kind == SettingKind::bar ? first_argument + 1 : first_argument;
  }
  return first_argument;
}

}  // namespace

Replay::Replay(const sc_core::sc_module_name& name, const ReplayContext& context, ReplayProgress progress)
    : sc_module{name}, context_{context}, progress_{std::move(progress)} {
  SC_HAS_PROCESS(Replay);
  SC_METHOD(run);
}

void Replay::rethrow() const {
  if (error_) std::rethrow_exception(error_);
}

void Replay::start_of_simulation() {
  context_.system.use_bus(context_.simulation.cpu());
  context_.simulation.on_page_request([this] {
    begin_software();
    context_.system.serve_page_requests(begin_);
  });
}

bool Replay::fetch() {
  fetched_ = fetched_ || context_.trace.next(next_);
  return fetched_;
}

void Replay::run() {
  now_ = to_duration(sc_core::sc_time_stamp());
  const bool is_closed_loop = context_.machine.description().timing.window != 0;
  const Duration quantum = context_.machine.description().timing.quantum;
  try {
    while (fetch()) {
      const bool is_far = next_.time > now_ && next_.time - now_ > quantum;
      if (!is_closed_loop && is_far) return next_trigger(to_sc_time(next_.time - now_));
      fetched_ = false;
      begin_ = is_closed_loop ? turn_ : std::max(next_.time, turn_);
      play(next_);
      if (progress_ && ++count_ % operations_between_reports == 0) progress_(count_, next_.time);
    }
    lose_pending();
    end_ = std::max(end_, context_.simulation.clock().finish());
    // A trace that is no longer than its warm-up has nothing that counts.
    const std::uint64_t warm_up = context_.machine.description().statistics.warm_up;
    if (warm_up != 0 && accesses_ <= warm_up) context_.simulation.clock().reset_statistics();
  } catch (...) {
    error_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void Replay::fail(const std::string& message, std::size_t word) const {
  throw InputError{context_.trace.position_of_word(*operation_, word), message};
}

void Replay::play(const TraceOperation& operation) {
  operation_ = &operation;
  context_.recorder.count_operation();
  try {
    std::visit([this](const auto& action) { perform(action); }, operation.action);
    send_unmasked();
  } catch (const software::DriverError& error) {
    fail(error.what(), word_of_error(operation.action));
  }
}

NodeIndex Replay::function_of(const TraceOperation& operation) const {
  const NodeIndex found = context_.machine.find_function(operation.device);
  if (found == NodeIndex::none)
    fail(fmt::format("found \"{}\", expected the name of a function of platform {}", operation.device,
                     context_.machine.description().name));
  return found;
}

NodeIndex Replay::device_of(const TraceOperation& operation) {
  if (operation.device == last_name_) return last_device_;
  const NodeIndex found = function_of(operation);
  if (context_.machine.device_at(found) == nullptr)
    fail(fmt::format("\"{}\" is a port: only endpoints send requests", operation.device));
  last_name_ = operation.device;
  last_device_ = found;
  return found;
}

BusAddr Replay::address_of(const Dma& dma) const {
  if (!dma.bar.given()) return dma.address;
  const BusAddr address = bus_address_of(context_.machine, dma.bar, dma.address, node_);
  if (dma.size != 0 && !Range<BusAddr>::from_size(address, dma.size))
    fail(fmt::format("{} bytes at {} pass the end of the address space", dma.size, format_hex(address.value())),
         first_argument);
  return address;
}

BusAddr Replay::address_of(const RawWrite& write) const {
  if (!write.bar.given()) return write.address;
  const BusAddr address = bus_address_of(context_.machine, write.bar, write.address, node_);
  if (address.offset_in(page_4k) > page_4k - 4)
    fail("4 bytes here cross a 4 KiB boundary, which one message cannot", first_argument);
  return address;
}

unsigned char* Replay::data_of(const Dma& dma, BusAddr address) {
  if (buffer_.size() < dma.size) buffer_.resize(dma.size);
  if (dma.operation == Operation::read) return buffer_.data();
  if (dma.data.empty())
    fill_pattern(context_.machine.topology()[node_].requester, address, buffer_.data(), dma.size);
  else
    std::copy(dma.data.begin(), dma.data.end(), buffer_.begin());
  return buffer_.data();
}

void Replay::perform(const Dma& dma) {
  node_ = device_of(*operation_);
  require_translation_services(dma);
  require_pasid(dma);
  modules::DmaRequest request;
  request.function = node_;
  request.operation = dma.operation;
  request.address_type = dma.address_type;
  request.pasid = dma.pasid;
  if (dma.alias) {
    const std::uint8_t bus = context_.machine.topology()[node_].requester.bus();
    request.requester = RequesterId{static_cast<std::uint16_t>(bus << 8 | *dma.alias)};
  }
  request.address = address_of(dma);
  request.size = dma.size;
  request.data = data_of(dma, request.address);
  request.poisoned = dma.poisoned;
  const timing::EngineParameters& engine = context_.machine.describe(node_).dma;
  request.relaxed_ordering = dma.relaxed_ordering || engine.relaxed_ordering;
  request.id_based_ordering = dma.id_based_ordering || engine.id_based_ordering;
  request.traffic_class = dma.traffic_class.value_or(engine.traffic_class);
  begin_access(AccessSource::dma, dma.size);
  context_.simulation.endpoint(node_).transfer(request, begin_, context_.simulation.clock(), *this);
  context_.recorder.end_access();
  end_at(begin_);
}

/// Only a device that can have asked for translations (PCIe base specification, 10.2) marks requests as translated.
void Replay::require_translation_services(const Dma& dma) const {
  if (dma.address_type != AddressType::translated || context_.machine.describe(node_).ats) return;
  const std::size_t word = first_argument + 2 + (dma.data.empty() ? 0 : 1);
  fail(fmt::format("found a translated request, expected an untranslated one: {} has no ATS capability (ats)",
                   operation_->device),
       word);
}

/// Of a virtual function its physical function says what it may send.
void Replay::require_pasid(const Dma& dma) const {
  if (!dma.pasid) return;
  const pcie::Topology& topology = context_.machine.topology();
  const NodeIndex physical = topology[node_].physical_function;
  const unsigned bits = pcie::enabled_pasid_bits(topology[physical == NodeIndex::none ? node_ : physical].config);
  if ((std::uint64_t{dma.pasid->value()} >> bits) == 0 && bits != 0) return;
  const std::size_t word =
      first_argument + 2 + (dma.data.empty() ? 0 : 1) + (dma.address_type == AddressType::translated ? 1 : 0);
  fail(bits == 0
           ? fmt::format("found a PASID, expected none: {} has no enabled PASID capability (pasid)", operation_->device)
           : fmt::format("found PASID {:#x}, expected one of {} bits: {} sends no wider ones", dma.pasid->value(), bits,
                         operation_->device),
       word);
}

void Replay::perform(const Msi& msi) {
  using interrupts::MsiState;
  node_ = device_of(*operation_);
  const pcie::ConfigSpace& config = context_.machine.topology()[node_].config;
  InterruptLogic function{context_.machine, node_};
  const interrupts::MsiRequest request = interrupts::request_msi(config, function, msi.vector);
  switch (request.state) {
    case MsiState::enabled: send_message(request.message, AccessSource::msi, msi.vector, msi.poisoned); return;
    case MsiState::disabled:
      refuse_message(pcie::rules::msi_disabled, msi.vector, begin_);
      end_at(begin_);
      return;
    case MsiState::masked:
      interrupts::set_pending(config, function, msi.vector);
      keep_pending(msi.vector);
      end_at(begin_);
      return;
    case MsiState::absent: break;
  }
  fail(fmt::format("found vector {}, expected one of {}: the function has no such vector", msi.vector,
                   operation_->device),
       first_argument);
}

void Replay::refuse_message(const Rule& rule, unsigned index, Duration time) {
  const pcie::Node& node = context_.machine.topology()[node_];
  const platforms::ProgrammedMsi* programmed = context_.system.programmed_for(node_, index);
  const interrupts::MsiMessage message = programmed != nullptr ? programmed->message : interrupts::MsiMessage{};
  Access access;
  access.operation = Operation::write;
  access.requester = node.requester;
  access.address = message.address;
  access.size = 4;
  Path path;
  path.add(node.id, rule);
  context_.recorder.begin_access(node_, AccessSource::msi, time, access.size);
  context_.recorder.on_tlp({access, rejection(node.id, rule, CompletionStatus::none), path, index, message.data});
  context_.recorder.end_access();
}

void Replay::perform(const RawWrite& write) {
  node_ = device_of(*operation_);
  send_message({address_of(write), write.value}, AccessSource::raw_write, 0, write.poisoned);
}

void Replay::send_message(const interrupts::MsiMessage& message, AccessSource source, unsigned index, bool poisoned) {
  msi_index_ = index;
  message_data_ = message.data;
  begin_access(source, 4);
  const std::uint8_t traffic_class = context_.machine.describe(node_).dma.traffic_class;
  context_.simulation.endpoint(node_).signal(node_, {message, poisoned, traffic_class}, begin_,
                                             context_.simulation.clock(), *this);
  context_.recorder.end_access();
  end_at(begin_);
}

void Replay::on_tlp(const Access& access, const Landing& landing, const Path& path) {
  if (landing.kind == LandingKind::peer && access.operation != Operation::read) masks_touched_ = true;
  context_.recorder.on_tlp({access, landing, path, msi_index_, message_data_});
}

PhysAddr Replay::physical_of(const Map& map) const {
  if (map.buffer.empty()) return PhysAddr{map.physical_or_offset};
  const auto buffer = context_.system.find_buffer(map.buffer);
  if (!buffer)
    fail(fmt::format("found buffer \"{}\", expected one of the platform's buffers", map.buffer), first_argument + 2);
  const Range<PhysAddr>& range = context_.system.buffers()[*buffer].range;
  const auto wanted = Range<PhysAddr>::from_size(range.first + map.physical_or_offset, map.size);
  if (!wanted || !range.contains(*wanted))
    fail(fmt::format("{} bytes from {:#x} do not lie in buffer {} of {} bytes", map.size, map.physical_or_offset,
                     map.buffer, range.size()),
         first_argument + 2);
  return wanted->first;
}

Range<Iova> Replay::range_of(Iova iova, std::uint64_t size) const {
  if (context_.system.domain_of(node_) == nullptr)
    fail(fmt::format("found \"{}\", expected a device of a domain: nothing can be mapped for others",
                     operation_->device),
         device_word);
  const auto range = Range<Iova>::from_size(iova, size);
  if (!range) fail("the range is empty or passes 2^64", first_argument);
  return *range;
}

void Replay::perform(const Map& map) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(map.iova, map.size);
  const auto buffer = map.buffer.empty() ? std::nullopt : context_.system.find_buffer(map.buffer);
  const PhysAddr physical = physical_of(map);
  begin_software();
  context_.system.map(node_, {range, physical, {map.read, map.write}, buffer}, begin_);
  finish_software();
}

void Replay::perform(const Unmap& unmap) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(unmap.iova, unmap.size);
  begin_software();
  context_.system.unmap(node_, range, unmap.invalidate, begin_);
  finish_software();
}

void Replay::perform(const Invalidate& invalidate) {
  node_ = device_of(*operation_);
  const Range<Iova> range = range_of(invalidate.iova, invalidate.size);
  begin_software();
  context_.system.invalidate(node_, range);
  finish_software();
}

void Replay::perform(const ProgramEntry& entry) {
  node_ = device_of(*operation_);
  begin_software();
  context_.system.program_entry(node_, entry.index, vtd::InterruptRemappingEntry{{entry.low, entry.high}},
                                entry.invalidate);
  finish_software();
}

void Replay::perform(const Configure& configure) {
  const NodeIndex function = function_of(*operation_);
  const pcie::Node& node = context_.machine.topology()[function];
  begin_software();
  const Setting* setting = find_setting(configure.setting);
  if (setting != nullptr && setting->kind == SettingKind::interrupt_remapping) {
    context_.system.switch_interrupt_remapping(function, configure.value != 0);
    return finish_software();
  }
  apply_setting(software::PciFunction{context_.system.bus(), node.segment, node.requester}, configure,
                operation_->device);
  finish_software();
}

void Replay::perform(const CpuAccess& access) {
  const PhysAddr address =
      access.bar.given() ? cpu_address_of(context_.machine, access.bar, access.address) : access.address;
  begin_software();
  std::array<std::uint8_t, 8> bytes{};
  if (access.operation == Operation::read) {
    context_.system.bus().load(address, bytes.data(), access.size);
  } else {
    store_le(bytes.data(), access.value);
    context_.system.bus().store(address, bytes.data(), access.size);
  }
  finish_software();
}

void Replay::perform(const Wait&) {
  turn_ = std::max({turn_, context_.simulation.clock().wait_for_slot(1), end_});
}

void Replay::begin_access(AccessSource source, std::uint64_t size) {
  timing::Clock& clock = context_.simulation.clock();
  const std::uint64_t warm_up = context_.machine.description().statistics.warm_up;
  if (warm_up != 0 && accesses_ == warm_up) clock.reset_statistics();
  ++accesses_;
  if (const unsigned window = context_.machine.description().timing.window)
    begin_ = turn_ = std::max({begin_, turn_, clock.wait_for_slot(window)});
  context_.recorder.begin_access(node_, source, begin_, size);
}

void Replay::begin_software() {
  context_.simulation.cpu().restart(to_sc_time(begin_ - now_));
}

void Replay::finish_software() {
  masks_touched_ = true;
  end_at(now_ + to_duration(context_.simulation.cpu().elapsed()));
  // In closed loop what follows waits for software; the trace's times tell in open loop.
  if (context_.machine.description().timing.window != 0) turn_ = std::max(turn_, stop_);
}

void Replay::end_at(Duration end) {
  stop_ = end;
  end_ = std::max(end_, end);
}

}  // namespace iommusim::traces
