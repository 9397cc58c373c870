// SPDX-License-Identifier: Apache-2.0
// Root complex, IOMMUs and memory: what becomes of a request whose last byte has arrived. Both clocks ask it, each in
// its own order.
#pragma once

#include "timing/iommu.h"
#include "timing/memory.h"
#include "timing/network.h"
#include "timing/shared_places.h"
#include "timing/tlp.h"

#include <cstddef>
#include <vector>

namespace iommusim::timing {

class Host {
 public:
  explicit Host(const Network& network);
  ~Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  struct Request {
    const Tlp& tlp;
    /// The step that it has come to.
    std::size_t step = 0;
    Duration arrival;
    /// Reads: when the last write that they must not pass is globally performed.
    Duration not_before;
  };
  struct Answer {
    /// The channel step at which it leaves again, or the journey's end.
    std::size_t step = 0;
    /// Going on: when it is ready to be sent. Ended: a write is performed, or the data of a read are ready to be sent.
    Duration ready;
    /// Posted: when its lines at the root port are free again.
    Duration released;
  };
  /// Takes the request through every step up to the next channel.
  Answer serve(const Request& request);

  const Iommu& iommu(std::size_t unit) const { return iommus_[unit]; }
  const Memory& memory() const { return memory_; }
  const RootComplexCounters& counters() const { return counters_; }
  void reset_counters();

 private:
  struct Visit;
  void take(const Step& step, Visit& visit);
  void enter(const Step& step, Visit& visit);
  void translate(const Step& step, Visit& visit);
  void read_memory(const Step& step, Visit& visit);
  void write_memory(const Step& step, Visit& visit);
  void leave(Visit& visit);

  HostParameters parameters_;
  Memory memory_;
  /// They read their tables from memory_, so a host stays where it is.
  std::vector<Iommu> iommus_;
  SharedLines write_buffer_;
  SharedLines read_buffer_;
  Calendar reflection_;
  RootComplexCounters counters_;
};

}  // namespace iommusim::timing
