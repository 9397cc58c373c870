// SPDX-License-Identifier: Apache-2.0
#include "base/access.h"

namespace iommusim {

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::read: return "read";
    case Operation::write: return "write";
    case Operation::atomic: return "atomic";
  }
  return "?";
}

std::string_view to_string(AddressType type) {
  switch (type) {
    case AddressType::untranslated: return "untranslated";
    case AddressType::translation_request: return "translation-request";
    case AddressType::translated: return "translated";
  }
  return "?";
}

std::string_view to_string(CompletionStatus status) {
  switch (status) {
    case CompletionStatus::successful: return "successful completion";
    case CompletionStatus::unsupported_request: return "unsupported request";
    case CompletionStatus::completer_abort: return "completer abort";
    case CompletionStatus::none: return "silently lost";
    case CompletionStatus::timeout: return "completion timeout";
  }
  return "?";
}

}  // namespace iommusim
