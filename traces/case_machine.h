// SPDX-License-Identifier: Apache-2.0
// The machine of one conformance case: a VT-d unit, memory, and nothing else.
#pragma once

#include "iommu/vtd/unit.h"
#include "memory/sparse_memory.h"
#include "platforms/json_input.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace iommusim::traces {

class CaseMachine {
 public:
  /// Fills memory and writes registers as the case says. Throws InputError for what is no case.
  explicit CaseMachine(const platforms::JsonValue& test);

  /// Carries out one step; the answer has the form of the case's own answers.
  nlohmann::json perform(const platforms::JsonValue& step);
  /// Why QEMU may answer the last step otherwise, against the specification: the rule and its section. nullptr: it may
  /// not.
  const char* deviation() const { return deviation_; }

 private:
  using Step = nlohmann::json (CaseMachine::*)(const platforms::JsonValue& step);
  struct NamedStep;

  void fill(const platforms::JsonValue& area);
  nlohmann::json read(const platforms::JsonValue& step);
  nlohmann::json write(const platforms::JsonValue& step);
  nlohmann::json msi(const platforms::JsonValue& step);
  nlohmann::json mem_read(const platforms::JsonValue& step);
  nlohmann::json mem_write(const platforms::JsonValue& step);
  nlohmann::json reg_read(const platforms::JsonValue& step);
  nlohmann::json reg_write(const platforms::JsonValue& step);
  nlohmann::json reg_poll(const platforms::JsonValue& step);

  struct Transfer;
  nlohmann::json dma(const Transfer& transfer);
  const char* deviation_of(const iommu::TranslationRequest& interrupt) const;
  nlohmann::json dma_within_page(const Transfer& transfer, std::uint64_t offset, std::uint32_t size);
  void add_fault_state(nlohmann::json& answer);
  nlohmann::json first_fault_record() const;
  void clear_fault_state();
  void write_memory(const platforms::JsonValue& where, std::uint64_t address, const std::vector<std::uint8_t>& bytes);

  memory::SparseMemory memory_;
  vtd::Unit unit_;
  bool clears_faults_ = true;
  const char* deviation_ = nullptr;
  /// Sent by the unit during the step.
  std::vector<interrupts::MsiMessage> messages_;
};

}  // namespace iommusim::traces
