// SPDX-License-Identifier: Apache-2.0
// The part of a replay that devices do: DMA, interrupts, raw writes.
#include "pcie/rules.h"
#include "pcie/translation_capabilities.h"
#include "traces/bar_address.h"
#include "traces/interrupt_logic.h"
#include "traces/line_words.h"
#include "traces/pattern.h"
#include "traces/replay.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::traces {

using analysis::AccessSource;
using pcie::NodeIndex;

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
  begin_access(dma.firmware ? AccessSource::firmware : AccessSource::dma, dma.size);
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

void Replay::begin_access(AccessSource source, std::uint64_t size) {
  timing::Clock& clock = context_.simulation.clock();
  const std::uint64_t warm_up = context_.machine.description().statistics.warm_up;
  if (warm_up != 0 && accesses_ == warm_up) clock.reset_statistics();
  ++accesses_;
  if (const unsigned window = context_.machine.description().timing.window)
    begin_ = turn_ = std::max({begin_, turn_, clock.wait_for_slot(window)});
  finish_handlers(begin_);
  context_.recorder.begin_access(node_, source, begin_, size);
}

}  // namespace iommusim::traces
