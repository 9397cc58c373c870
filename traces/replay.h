// SPDX-License-Identifier: Apache-2.0
// Plays a trace on a simulated platform: devices do what it says, software does what it says, at its times.
#pragma once

#include "analysis/recorder.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"
#include "platforms/simulation.h"
#include "traces/operation.h"
#include "traces/text_reader.h"

#include <systemc>

#include <exception>
#include <functional>
#include <vector>

namespace iommusim::traces {

/// What a replay works with. Everything must outlive it.
struct ReplayContext {
  platforms::Machine& machine;
  platforms::OperatingSystem& system;
  platforms::Simulation& simulation;
  analysis::Recorder& recorder;
  TextReader& trace;
};

/// Told now and then how far the replay is.
using ReplayProgress = std::function<void(std::uint64_t operations, Duration simulated)>;

/// One process issues every operation of the trace, open loop: at the trace's time, whatever earlier ones
/// still take. It runs ahead of the kernel by at most the platform's quantum. A method, not a thread: it needs no
/// stack.
class Replay : public sc_core::sc_module, private modules::TlpObserver {
 public:
  Replay(const sc_core::sc_module_name& name, const ReplayContext& context, ReplayProgress progress = {});

  /// After the simulation stopped: throws what went wrong (InputError with the trace's position), if anything
  /// did.
  void rethrow() const;
  /// When the last operation ended.
  Duration end() const { return end_; }

 private:
  void start_of_simulation() override;
  void run();
  /// False: the trace has no more.
  bool fetch();
  void play(const TraceOperation& operation);
  void perform(const Dma& dma);
  void perform(const Msi& msi);
  void perform(const RawWrite& write);
  void perform(const Map& map);
  void perform(const Unmap& unmap);
  void perform(const Invalidate& invalidate);
  void perform(const Configure& configure);
  void perform(const CpuAccess& access);

  pcie::NodeIndex device_of(const TraceOperation& operation);
  pcie::NodeIndex function_of(const TraceOperation& operation) const;
  PhysAddr physical_of(const Map& map) const;
  unsigned char* data_of(const Dma& dma);
  void send_message(const interrupts::MsiMessage& message, analysis::AccessSource source, unsigned index,
                    bool poisoned);
  void finish_software();
  void on_tlp(const Access& access, const modules::DmaTransaction& transaction, Duration latency) override;
  /// What hardware refuses inside the function: nothing leaves it.
  void refuse_message(const Rule& rule, unsigned index);
  void require_translation_services(const Dma& dma) const;
  /// The range, which software maps, unmaps or invalidates in the domain of node_.
  Range<Iova> range_of(Iova iova, std::uint64_t size) const;
  [[noreturn]] void fail(const std::string& message, std::size_t word = 1) const;

  ReplayContext context_;
  ReplayProgress progress_;
  std::exception_ptr error_;
  Duration end_;

  /// Read from the trace, waiting for its time.
  TraceOperation next_;
  bool fetched_ = false;
  std::uint64_t count_ = 0;

  // The operation in progress.
  const TraceOperation* operation_ = nullptr;
  pcie::NodeIndex node_ = pcie::NodeIndex::none;
  sc_core::sc_time start_;
  unsigned msi_index_ = 0;
  std::uint32_t message_data_ = 0;
  std::string last_name_;
  pcie::NodeIndex last_device_ = pcie::NodeIndex::none;
  std::vector<unsigned char> buffer_;
};

}  // namespace iommusim::traces
