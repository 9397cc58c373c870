// SPDX-License-Identifier: Apache-2.0
// Takes in every TLP of a replay and keeps what the results need, in constant memory for a constant set of findings.
#pragma once

#include "analysis/intent.h"
#include "analysis/judge.h"
#include "analysis/results.h"
#include "platforms/machine.h"
#include "platforms/operating_system.h"

#include <unordered_map>

namespace iommusim::analysis {

/// Told of every TLP of a replay, in order: where `device` sent it and where it landed.
class LandingSink {
 public:
  virtual ~LandingSink() = default;
  virtual void on_landing(pcie::NodeIndex device, const Access& access, const Landing& landing) = 0;
};

struct RecorderOptions {
  /// Keep every collision by itself instead of folding equal ones.
  bool unfold = false;
  /// Must outlive the recorder. nullptr: nobody.
  LandingSink* landings = nullptr;
};

/// begin_access, then on_tlp for each of its TLPs in ascending order, then end_access.
class Recorder {
 public:
  /// Machine and system must outlive it. The machine is changed and restored while remedies are tried out.
  Recorder(platforms::Machine& machine, const platforms::OperatingSystem& system, const RecorderOptions& options);

  void begin_access(pcie::NodeIndex device, AccessSource source, Duration time, std::uint64_t size);
  /// `msi_index`: the vector that the device signals (source msi). `message_data`: what a 4-byte write carries.
  struct Tlp {
    const Access& access;
    const Landing& landing;
    const Path& path;
    unsigned msi_index = 0;
    std::uint32_t message_data = 0;
  };
  void on_tlp(const Tlp& tlp);
  void end_access();

  void count_operation() { ++results_.operations; }
  /// What a clock counted while the accesses were recorded.
  void take_times(const timing::Network& network, const timing::Clock& clock, Duration end);
  /// Ends the recording: totals, digests, simulated time.
  const Results& finish(Duration simulated);

 private:
  struct Key {
    pcie::NodeIndex device;
    CollisionKind kind;
    std::uint64_t page;
    const Rule* rule;
    /// Firmware means another place than the driver does.
    bool is_of_firmware;
    bool operator==(const Key& o) const {
      return device == o.device && kind == o.kind && page == o.page && rule == o.rule &&
             is_of_firmware == o.is_of_firmware;
    }
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct FaultKey {
    pcie::NodeIndex device;
    std::uint16_t reason;
    std::uint64_t page;
    bool operator==(const FaultKey& o) const { return device == o.device && reason == o.reason && page == o.page; }
  };
  struct FaultKeyHash {
    std::size_t operator()(const FaultKey& key) const;
  };

  /// The last collision of this access: a TLP that begins where it ends may be more of the same.
  struct OpenCollision {
    std::size_t index = 0;
    /// This access is the collision's example, so its TLPs add to the example's size.
    bool is_example = false;
    /// Where the next TLP begins when it is more of the same.
    BusAddr end;
  };

  Intent intent_of(const Tlp& tlp) const;
  AccessRecord record_of(const Tlp& tlp, const Intent& intent) const;
  void count_tlp(const Tlp& tlp);
  void on_collision(CollisionKind kind, const Tlp& tlp, const Intent& intent);
  bool extends_open_collision(CollisionKind kind, const Tlp& tlp);
  std::size_t collision_for(CollisionKind kind, const Tlp& tlp, const Intent& intent);
  void note_fault(const Tlp& tlp, const Intent& intent);
  void note_interrupt(const Landing& landing);

  platforms::Machine& machine_;
  const platforms::OperatingSystem& system_;
  IntentResolver intents_;
  Judge judge_;
  RecorderOptions options_;
  Results results_;

  // The access in progress.
  pcie::NodeIndex device_ = pcie::NodeIndex::none;
  AccessSource source_ = AccessSource::dma;
  Duration time_;
  std::uint64_t size_ = 0;
  bool first_tlp_ = true;
  bool collided_ = false;
  LandingKind landed_ = LandingKind::rejected;
  DeviceSummary* summary_ = nullptr;
  std::optional<OpenCollision> open_collision_;

  std::unordered_map<Key, std::size_t, KeyHash> folded_;
  std::unordered_map<FaultKey, std::size_t, FaultKeyHash> fault_index_;
  std::map<std::tuple<pcie::NodeIndex, std::uint32_t, std::uint32_t>, std::size_t> interrupt_index_;
};

}  // namespace iommusim::analysis
