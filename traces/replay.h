// SPDX-License-Identifier: Apache-2.0
// Plays a trace on a simulated platform: devices do what it says, software does what it says, at its times.
#pragma once

#include "analysis/recorder.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"
#include "platforms/simulation.h"
#include "traces/operation.h"
#include "traces/trace_reader.h"

#include <systemc>

#include <cstdint>
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
  TraceReader& trace;
};

/// Told now and then how far the replay is.
using ReplayProgress = std::function<void(std::uint64_t operations, Duration simulated)>;

/// One process issues every operation of the trace. Open loop: at the trace's time, whatever earlier ones still take.
/// Closed loop (timing.window): as soon as fewer operations are under way. It runs ahead of the kernel by at most the
/// platform's quantum. A method, not a thread: it needs no stack.
class Replay : public sc_core::sc_module, private modules::TlpObserver {
 public:
  Replay(const sc_core::sc_module_name& name, const ReplayContext& context, ReplayProgress progress = {});

  /// After the simulation stopped: throws what went wrong (InputError with the trace's position), if anything
  /// did.
  void rethrow() const;
  /// When the last operation ended, and the last write was performed.
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
  void perform(const ProgramEntry& entry);
  void perform(const Configure& configure);
  void perform(const CpuAccess& access);
  void perform(const Wait& wait);
  void end_at(Duration end);

  pcie::NodeIndex device_of(const TraceOperation& operation);
  pcie::NodeIndex function_of(const TraceOperation& operation) const;
  PhysAddr physical_of(const Map& map) const;
  /// With the BAR that they name, addresses are known when it is the turn of the operation.
  BusAddr address_of(const Dma& dma) const;
  BusAddr address_of(const RawWrite& write) const;
  unsigned char* data_of(const Dma& dma, BusAddr address);
  void send_message(const interrupts::MsiMessage& message, analysis::AccessSource source, unsigned index,
                    bool poisoned);
  /// What the processor does for the operation in progress.
  void begin_software();
  void finish_software();
  void begin_access(analysis::AccessSource source, std::uint64_t size);
  void on_tlp(const Access& access, const Landing& landing, const Path& path) override;
  /// What hardware refuses inside the function: nothing leaves it. `time`: of the interrupt.
  void refuse_message(const Rule& rule, unsigned index, Duration time);
  /// The interrupt waits in its pending bit; signalled again, it stays one.
  void keep_pending(unsigned index);
  /// Functions send what the operation in progress has unmasked.
  void send_unmasked();
  /// Finds the notifications among the interrupts that arrived since it was asked last: their handlers begin.
  void begin_handlers();
  /// Handlers that end until `time` have looked at their descriptors.
  void finish_handlers(Duration time);
  /// The trace ends: what is still masked was never sent.
  void lose_pending();
  void require_translation_services(const Dma& dma) const;
  void require_pasid(const Dma& dma) const;
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

  /// Of the kernel, in this activation.
  Duration now_;
  /// Closed loop, or a Wait: when the operation in progress may begin at the earliest.
  Duration turn_;
  std::uint64_t accesses_ = 0;

  // The operation in progress.
  const TraceOperation* operation_ = nullptr;
  pcie::NodeIndex node_ = pcie::NodeIndex::none;
  Duration begin_;
  Duration stop_;
  unsigned msi_index_ = 0;
  std::uint32_t message_data_ = 0;
  std::string last_name_;
  pcie::NodeIndex last_device_ = pcie::NodeIndex::none;

  /// A vector that was masked when its device signalled it.
  struct PendingVector {
    pcie::NodeIndex function = pcie::NodeIndex::none;
    unsigned index = 0;
    Duration since;
  };
  std::vector<PendingVector> pending_;
  /// A processor that handles a notification for virtual ones.
  struct Notified {
    const platforms::VirtualProcessorDescription* processor = nullptr;
    Duration until;
  };
  /// In the order of their ends.
  std::vector<Notified> notified_;
  std::uint64_t seen_interrupts_ = 0;
  /// Software, or a write into a BAR, may have changed a mask.
  bool masks_touched_ = false;
  std::vector<unsigned char> buffer_;
};

}  // namespace iommusim::traces
