// SPDX-License-Identifier: Apache-2.0
// The machine of one conformance case: an IOMMU, memory, and nothing else.
#pragma once

#include "iommu/unit.h"
#include "memory/sparse_memory.h"
#include "platforms/json_input.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace iommusim::traces {

class CaseMachine {
 public:
  CaseMachine(const CaseMachine&) = delete;
  CaseMachine& operator=(const CaseMachine&) = delete;
  virtual ~CaseMachine() = default;

  /// Carries out one step; the answer has the form of the case's own answers.
  nlohmann::json perform(const platforms::JsonValue& step);
  /// Why QEMU may answer the last step otherwise, against the specification: the rule and its section. nullptr: it may
  /// not.
  const char* deviation() const { return deviation_; }

 protected:
  explicit CaseMachine(std::vector<memory::Bank> banks) : memory_{std::move(banks)} {}

  /// Fills memory and writes registers as the case says. Throws InputError for what is no case.
  void load(const platforms::JsonValue& test);

  virtual iommu::Unit& unit() = 0;
  /// A device's interrupt, and what a processor would see of it.
  virtual nlohmann::json msi(const platforms::JsonValue& step) = 0;
  /// Each request of a DMA, after it was answered.
  virtual void observe(const iommu::TranslationRequest& /*request*/, const iommu::TranslationResult& /*result*/,
                       const iommu::FetchLog& /*fetches*/) {}
  /// What the unit recorded of a fault, and its clearing, as a driver does it.
  virtual void add_fault_state(nlohmann::json& answer) = 0;
  virtual void clear_fault_state() = 0;

  memory::SparseMemory& memory() { return memory_; }
  const memory::SparseMemory& memory() const { return memory_; }
  bool clears_faults() const { return clears_faults_; }
  /// nullptr changes nothing.
  void allow_deviation(const char* rule) {
    if (rule != nullptr) deviation_ = rule;
  }
  /// Sent by the unit during the step.
  const std::vector<interrupts::MsiMessage>& messages() const { return messages_; }

 private:
  using Step = nlohmann::json (CaseMachine::*)(const platforms::JsonValue& step);
  struct NamedStep;

  void fill(const platforms::JsonValue& area);
  nlohmann::json read(const platforms::JsonValue& step);
  nlohmann::json write(const platforms::JsonValue& step);
  nlohmann::json mem_read(const platforms::JsonValue& step);
  nlohmann::json mem_write(const platforms::JsonValue& step);
  nlohmann::json reg_read(const platforms::JsonValue& step);
  nlohmann::json reg_write(const platforms::JsonValue& step);
  nlohmann::json reg_poll(const platforms::JsonValue& step);

  struct Transfer;
  nlohmann::json dma(const Transfer& transfer);
  nlohmann::json dma_within_page(const Transfer& transfer, std::uint64_t offset, std::uint32_t size);
  void write_memory(const platforms::JsonValue& where, std::uint64_t address, const std::vector<std::uint8_t>& bytes);

  memory::SparseMemory memory_;
  bool clears_faults_ = true;
  const char* deviation_ = nullptr;
  std::vector<interrupts::MsiMessage> messages_;
};

}  // namespace iommusim::traces
