// SPDX-License-Identifier: Apache-2.0
#include "traces/binary_writer.h"

#include "base/endian.h"
#include "traces/line_source.h"
#include "traces/text_writer.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace iommusim::traces {

using binary_form::Head;
using binary_form::RecordKind;

namespace {

bool has_record(const Dma& dma) {
  return dma.data.empty() && !dma.pasid && !dma.alias && !dma.bar.given() && !dma.traffic_class;
}

template <class T, std::size_t N>
void put(std::array<char, N>& record, std::size_t at, T value) {
  store_le(record.data() + at, value);
}

}  // namespace

BinaryWriter::BinaryWriter(const std::string& path, int level) : path_{path}, file_{path, level} {
  file_.append(binary_form::magic);
}

void BinaryWriter::comment(std::string_view text) {
  write_text(RecordKind::line, fmt::format("# {}", text));
}

void BinaryWriter::write(const TraceOperation& operation) {
  const Duration step = operation.time - time_;
  time_ = operation.time;
  const Dma* const request = std::get_if<Dma>(&operation.action);
  if (request == nullptr || !has_record(*request)) {
    const std::string line = to_text(operation);
    if (line.size() > longest_trace_line) refuse_long_line(path_, operation);
    return write_text(RecordKind::line, line);
  }
  const auto found = numbers_.find(operation.device);
  if (found != numbers_.end()) return write_dma(found->second, step, *request);
  if (numbers_.size() > std::numeric_limits<std::uint16_t>::max())
    return write_text(RecordKind::line, to_text(operation));
  const auto number = static_cast<std::uint16_t>(numbers_.size());
  numbers_.emplace(operation.device, number);
  write_text(RecordKind::name, operation.device);
  write_dma(number, step, *request);
}

void BinaryWriter::write_text(RecordKind kind, std::string_view text) {
  Head head;
  head.set<Head::Kind>(kind);
  head.set<Head::Length>(static_cast<std::uint32_t>(text.size()));
  std::array<char, binary_form::head_bytes> bytes{};
  put(bytes, 0, static_cast<std::uint32_t>(head.raw()));
  file_.append({bytes.data(), bytes.size()});
  file_.append(text);
}

void BinaryWriter::write_dma(std::uint16_t device, Duration step, const Dma& dma) {
  Head head;
  head.set<Head::Kind>(RecordKind::dma);
  head.set<Head::Device>(device);
  head.set<Head::Op>(static_cast<std::uint8_t>(dma.operation));
  head.set<Head::Translated>(dma.address_type == AddressType::translated);
  head.set<Head::RelaxedOrdering>(dma.relaxed_ordering);
  head.set<Head::IdOrdering>(dma.id_based_ordering);
  head.set<Head::Poisoned>(dma.poisoned);
  head.set<Head::Firmware>(dma.firmware);
  std::array<char, binary_form::dma_bytes> record{};
  put(record, 0, static_cast<std::uint32_t>(head.raw()));
  put(record, binary_form::size_at, static_cast<std::uint32_t>(dma.size));
  put(record, binary_form::step_at, step.picoseconds());
  put(record, binary_form::address_at, dma.address.value());
  file_.append({record.data(), record.size()});
}

}  // namespace iommusim::traces
