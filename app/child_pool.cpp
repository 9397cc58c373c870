// SPDX-License-Identifier: Apache-2.0
#include "app/child_pool.h"

#include "base/input_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace iommusim::app {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a finished child may wait to be noticed.
constexpr std::chrono::milliseconds poll_interval{2};

[[noreturn]] void fail(const std::string& what, int error) {
  throw InputError{{}, what + ": " + std::strerror(error)};
}

class FileActions {
 public:
  explicit FileActions(const std::string& output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// A running process; the destructor ends it.
class Child {
 public:
  Child(const ChildCommand& command, std::size_t index) : index_{index} {
    // posix_spawn wants words that it could change.
    std::vector<std::string> changeable = command.words;
    std::vector<char*> words;
    words.reserve(changeable.size() + 1);
    for (std::string& word : changeable)
      words.push_back(word.data());
    words.push_back(nullptr);
    const FileActions actions{command.output};
    const int error = posix_spawn(&pid_, words.front(), actions.get(), nullptr, words.data(), environ);
    if (error != 0) fail(command.words.front(), error);
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&& other) noexcept
      : index_{other.index_}, pid_{std::exchange(other.pid_, 0)}, begin_{other.begin_}, timed_out_{other.timed_out_} {}
  Child& operator=(Child&& other) noexcept {
    std::swap(index_, other.index_);
    std::swap(pid_, other.pid_);
    std::swap(begin_, other.begin_);
    std::swap(timed_out_, other.timed_out_);
    return *this;
  }

  std::size_t index() const { return index_; }

  /// Its end, once it has come.
  std::optional<ChildEnd> poll(std::chrono::milliseconds limit) {
    const Clock::duration elapsed = Clock::now() - begin_;
    if (elapsed > limit && !timed_out_) {
      timed_out_ = true;
      kill(pid_, SIGKILL);
    }
    int status = 0;
    const pid_t done = waitpid(pid_, &status, WNOHANG);
    if (done == 0 || (done < 0 && errno == EINTR)) return std::nullopt;
    pid_ = 0;
    ChildEnd end;
    end.timed_out = timed_out_;
    end.seconds = std::chrono::duration<double>(elapsed).count();
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    return end;
  }

 private:
  std::size_t index_;
  pid_t pid_ = 0;
  Clock::time_point begin_ = Clock::now();
  bool timed_out_ = false;
};

}  // namespace

std::string own_program() {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) fail("/proc/self/exe", error.value());
  return path.string();
}

std::string signal_name(int signal) {
  const char* abbreviation = sigabbrev_np(signal);
  const char* description = sigdescr_np(signal);
  return fmt::format("SIG{} ({})", abbreviation == nullptr ? std::to_string(signal) : abbreviation,
                     description == nullptr ? "unknown" : description);
}

void run_children(const std::vector<ChildCommand>& commands, std::size_t jobs, std::chrono::milliseconds limit,
                  const ChildCalls& calls) {
  std::vector<std::optional<ChildEnd>> ends(commands.size());
  std::vector<Child> running;
  std::size_t started = 0;
  std::size_t reported = 0;
  while (reported < commands.size()) {
    calls.waiting();
    for (; running.size() < jobs && started < commands.size(); ++started)
      running.emplace_back(commands[started], started);
    for (std::size_t i = running.size(); i-- > 0;)
      if (const auto end = running[i].poll(limit)) {
        ends[running[i].index()] = end;
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      }
    for (; reported < commands.size() && ends[reported]; ++reported)
      calls.ended(reported, *ends[reported]);
    if (!running.empty()) std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace iommusim::app
