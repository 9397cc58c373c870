// SPDX-License-Identifier: Apache-2.0
// Payloads with their extension and data, recycled: nothing is allocated per access once the pool has grown to the
// number of requests in flight.
#pragma once

#include "tlm/dma_extension.h"

#include <tlm>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace iommusim::modules {

/// A payload, its extension, and room for the largest TLP payload (4096 bytes).
struct DmaTransaction : tlm::tlm_generic_payload {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): data is recycled as it is; 4096 bytes are not cleared.
  DmaTransaction() { set_extension(&extension); }
  /// The payload would delete an extension that it still has.
  ~DmaTransaction() override { clear_extension(&extension); }
  DmaTransaction(const DmaTransaction&) = delete;
  DmaTransaction& operator=(const DmaTransaction&) = delete;

  DmaExtension extension;
  std::array<unsigned char, 4096> data;
};

class PayloadPool final : public tlm::tlm_mm_interface {
 public:
  /// Releases its transaction when it goes.
  class Handle {
   public:
    explicit Handle(DmaTransaction& transaction) : transaction_{transaction} { transaction_.acquire(); }
    ~Handle() { transaction_.release(); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    DmaTransaction& operator*() const { return transaction_; }
    DmaTransaction* operator->() const { return &transaction_; }

   private:
    DmaTransaction& transaction_;
  };

  PayloadPool() = default;
  ~PayloadPool() override = default;
  PayloadPool(const PayloadPool&) = delete;
  PayloadPool& operator=(const PayloadPool&) = delete;

  /// A transaction with fresh attributes, its extension attached and its data pointer set.
  Handle acquire();
  /// Called by the last release.
  void free(tlm::tlm_generic_payload* payload) override;

  /// Transactions handed out and not yet released: 0 when a platform is idle.
  std::size_t outstanding() const { return all_.size() - idle_.size(); }

 private:
  std::vector<std::unique_ptr<DmaTransaction>> all_;
  std::vector<DmaTransaction*> idle_;
};

}  // namespace iommusim::modules
