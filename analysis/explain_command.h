// SPDX-License-Identifier: Apache-2.0
// The command line that follows an access hop by hop.
#pragma once

#include "analysis/access_record.h"
#include "platforms/machine.h"

#include <string>

namespace iommusim::analysis {

/// "iommusim explain FILE --device nic0 --address 0x1000 --op read --size 64" with the --set of this run. It asks the
/// platform as it is before any trace.
std::string explain_command(const AccessRecord& record, const platforms::Machine& machine);

}  // namespace iommusim::analysis
