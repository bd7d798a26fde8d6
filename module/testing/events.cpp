// Native threads that post to a CallbackQueue, as a library with callbacks of its own would.
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/blocked_signals.hpp"
#include "module/boundary/method_table.hpp"
#include "module/families.hpp"
#include "module/types/callback_queue.hpp"

namespace fastlane {
namespace {

constexpr const char* kPostEventsDoc =
    "post_events(queue, threads, events, /)\n--\n\n"
    "Have native threads post to a CallbackQueue, and wait until they have.\n\n"
    "Each of the threads posts as many events, numbered from 0 on: the code is the thread's\n"
    "number, the payload the event's as decimal digits. Raises what the first refused post\n"
    "raises.\n\n"
    "**Memory:** shares the queue with the threads; the GIL is released.";

struct PostEvents {
  static constexpr const char* kName = "post_events";
  std::shared_ptr<kernels::EventQueue> queue;
  std::int64_t threads = 0;
  std::int64_t events = 0;
  std::atomic<bool> is_over = false;
  std::mutex mutex;
  std::exception_ptr error;

  bool begin(Arguments& args) {
    PyObject* queue_arg = nullptr;  // borrowed from args
    if (!args.read(required("queue", queue_arg), required("threads", threads),
                   required("events", events))) {
      return false;
    }
    queue = event_queue_of(args, "queue", queue_arg);
    if (queue == nullptr) return false;
    constexpr std::int64_t kMostThreads = 1000;
    if (threads < 1 || threads > kMostThreads) {
      return args.wrong_value("threads", "1 to 1000", std::to_string(threads));
    }
    return events >= 0 || args.wrong_value("events", "0 or more", std::to_string(events));
  }
  std::size_t work() const { return kWorthReleasing; }
  void run(Checkpoint& checkpoint) {
    std::atomic<std::int64_t> busy = threads;
    std::vector<std::jthread> started;
    try {
      const kernels::BlockedSignals blocked;
      for (std::int64_t code = 0; code < threads; ++code) {
        started.emplace_back([this, &busy, code] {
          post_all(code);
          --busy;
        });
      }
      while (busy != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        checkpoint.ask_now();
      }
    } catch (...) {
      is_over = true;
      throw;
    }
    started.clear();  // joined
    if (error != nullptr) std::rethrow_exception(error);
  }
  PyObject* finish() { return Py_NewRef(Py_None); }

 private:
  void post_all(std::int64_t code) noexcept {
    try {
      for (std::int64_t number = 0; number < events && !is_over; ++number) {
        kernels::Event event{code, std::to_string(number)};
        while (!queue->offer(event)) {
          if (is_over) return;
          if (!queue->may_wait()) queue->refuse();
          queue->wait_for_room(std::chrono::milliseconds(20));
        }
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (error == nullptr) error = std::current_exception();
    }
  }
};

}  // namespace

PyMethodDef events_methods[] = {
    row_of<PostEvents>(kPostEventsDoc),
    kEndOfTable,
};

}  // namespace fastlane
