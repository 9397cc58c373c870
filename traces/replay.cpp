// SPDX-License-Identifier: Apache-2.0
#include "traces/replay.h"

#include "base/endian.h"
#include "interrupts/msi_source.h"
#include "software/driver_error.h"
#include "tlm/timing.h"
#include "traces/apply_setting.h"
#include "traces/pattern.h"

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

/// A function's BARs as its interrupt logic reads its MSI-X table.
class OwnBars final : public interrupts::BarReader {
 public:
  explicit OwnBars(const pcie::BarMemory& bars) : bars_{bars} {}
  bool read_bar(std::uint8_t bar, std::uint64_t offset, void* to, std::size_t size) const override {
    return bars_.read(bar, offset, to, size);
  }

 private:
  const pcie::BarMemory& bars_;
};

std::string_view reason(interrupts::MsiState state) {
  switch (state) {
    case interrupts::MsiState::enabled: return "enabled";
    case interrupts::MsiState::disabled: return "interrupts are disabled in the function";
    case interrupts::MsiState::masked: return "the vector is masked";
    case interrupts::MsiState::absent: return "the function has no such vector";
  }
  return "?";
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
}

bool Replay::fetch() {
  fetched_ = fetched_ || context_.trace.next(next_);
  return fetched_;
}

void Replay::run() {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  const sc_core::sc_time horizon = now + to_sc_time(context_.machine.description().timing.quantum);
  try {
    while (fetch()) {
      const sc_core::sc_time at = to_sc_time(next_.time);
      if (at > horizon) return next_trigger(at - now);
      fetched_ = false;
      start_ = at - now;
      play(next_);
      if (progress_ && ++count_ % operations_between_reports == 0) progress_(count_, next_.time);
    }
  } catch (...) {
    error_ = std::current_exception();
  }
  sc_core::sc_stop();
}

void Replay::fail(const std::string& message) const {
  throw InputError{context_.trace.position_of(*operation_), message};
}

void Replay::play(const TraceOperation& operation) {
  operation_ = &operation;
  context_.recorder.count_operation();
  try {
    std::visit([this](const auto& action) { perform(action); }, operation.action);
  } catch (const software::DriverError& error) {
    fail(error.what());
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

unsigned char* Replay::data_of(const Dma& dma) {
  if (buffer_.size() < dma.size) buffer_.resize(dma.size);
  if (dma.operation == Operation::read) return buffer_.data();
  if (dma.data.empty())
    fill_pattern(context_.machine.topology()[node_].requester, dma.address, buffer_.data(), dma.size);
  else
    std::copy(dma.data.begin(), dma.data.end(), buffer_.begin());
  return buffer_.data();
}

void Replay::perform(const Dma& dma) {
  node_ = device_of(*operation_);
  modules::DmaRequest request;
  request.function = node_;
  request.operation = dma.operation;
  request.address_type = dma.address_type;
  if (dma.alias) {
    const std::uint8_t bus = context_.machine.topology()[node_].requester.bus();
    request.requester = RequesterId{static_cast<std::uint16_t>(bus << 8 | *dma.alias)};
  }
  request.address = dma.address;
  request.size = dma.size;
  request.data = data_of(dma);
  context_.recorder.begin_access(node_, AccessSource::dma, operation_->time, dma.size);
  const sc_core::sc_time end = context_.simulation.endpoint(node_).transfer(request, start_, *this);
  context_.recorder.end_access();
  end_ = std::max(end_, to_duration(sc_core::sc_time_stamp() + end));
}

void Replay::perform(const Msi& msi) {
  node_ = device_of(*operation_);
  const OwnBars bars{*context_.machine.device_at(node_)->bars};
  const interrupts::MsiRequest request =
      interrupts::request_msi(context_.machine.topology()[node_].config, bars, msi.vector);
  if (request.state != interrupts::MsiState::enabled)
    fail(fmt::format("{} cannot signal vector {}: {}", operation_->device, msi.vector, reason(request.state)));
  send_message(request.message, AccessSource::msi, msi.vector);
}

void Replay::perform(const RawWrite& write) {
  node_ = device_of(*operation_);
  send_message({write.address, write.value}, AccessSource::raw_write, 0);
}

void Replay::send_message(const interrupts::MsiMessage& message, AccessSource source, unsigned index) {
  msi_index_ = index;
  message_data_ = message.data;
  context_.recorder.begin_access(node_, source, operation_->time, 4);
  const sc_core::sc_time end = context_.simulation.endpoint(node_).signal(node_, message, start_, *this);
  context_.recorder.end_access();
  end_ = std::max(end_, to_duration(sc_core::sc_time_stamp() + end));
}

void Replay::on_tlp(const Access& access, const modules::DmaTransaction& transaction, Duration latency) {
  const modules::DmaExtension& extension = transaction.extension;
  context_.recorder.on_tlp({access, extension.landing, extension.path, latency, msi_index_, message_data_});
}

PhysAddr Replay::physical_of(const Map& map) const {
  if (map.buffer.empty()) return PhysAddr{map.physical_or_offset};
  const auto buffer = context_.system.find_buffer(map.buffer);
  if (!buffer) fail(fmt::format("found buffer \"{}\", expected one of the platform's buffers", map.buffer));
  const Range<PhysAddr>& range = context_.system.buffers()[*buffer].range;
  const auto wanted = Range<PhysAddr>::from_size(range.first + map.physical_or_offset, map.size);
  if (!wanted || !range.contains(*wanted))
    fail(fmt::format("{} bytes from {:#x} do not lie in buffer {} of {} bytes", map.size, map.physical_or_offset,
                     map.buffer, range.size()));
  return wanted->first;
}

void Replay::perform(const Map& map) {
  node_ = device_of(*operation_);
  const auto range = Range<Iova>::from_size(map.iova, map.size);
  if (!range) fail("the range to map is empty or passes 2^64");
  const auto buffer = map.buffer.empty() ? std::nullopt : context_.system.find_buffer(map.buffer);
  const PhysAddr physical = physical_of(map);
  context_.simulation.cpu().restart(start_);
  context_.system.map(node_, {*range, physical, {map.read, map.write}, buffer}, operation_->time);
  finish_software();
}

void Replay::perform(const Unmap& unmap) {
  node_ = device_of(*operation_);
  const auto range = Range<Iova>::from_size(unmap.iova, unmap.size);
  if (!range) fail("the range to unmap is empty or passes 2^64");
  context_.simulation.cpu().restart(start_);
  context_.system.unmap(node_, *range, unmap.invalidate, operation_->time);
  finish_software();
}

void Replay::perform(const Invalidate& invalidate) {
  node_ = device_of(*operation_);
  const auto range = Range<Iova>::from_size(invalidate.iova, invalidate.size);
  if (!range) fail("the range to invalidate is empty or passes 2^64");
  context_.simulation.cpu().restart(start_);
  context_.system.invalidate(node_, *range);
  finish_software();
}

void Replay::perform(const Configure& configure) {
  const pcie::Node& node = context_.machine.topology()[function_of(*operation_)];
  context_.simulation.cpu().restart(start_);
  apply_setting(software::PciFunction{context_.system.bus(), node.segment, node.requester}, configure);
  finish_software();
}

void Replay::perform(const CpuAccess& access) {
  context_.simulation.cpu().restart(start_);
  std::array<std::uint8_t, 8> bytes{};
  if (access.operation == Operation::read) {
    context_.system.bus().load(access.address, bytes.data(), access.size);
  } else {
    store_le(bytes.data(), access.value);
    context_.system.bus().store(access.address, bytes.data(), access.size);
  }
  finish_software();
}

void Replay::finish_software() {
  end_ = std::max(end_, to_duration(sc_core::sc_time_stamp() + context_.simulation.cpu().elapsed()));
}

}  // namespace iommusim::traces
