#include "coordinator/store/writer.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace wattfleet::coordinator {

namespace {

// How long the writer waits for work before it tells the store that it is idle.
constexpr absl::Duration kIdleAfter = absl::Seconds(1);

struct Size {
  std::size_t rows = 0;
  std::int64_t bytes = 0;
};

Size SizeOf(const StoreBatch& batch) {
  Size size{.rows = batch.ops.size(), .bytes = 0};
  for (const StoreOp& op : batch.ops) {
    if (const auto* append = std::get_if<AppendResults>(&op)) {
      size.rows += append->graded->batch.results.size();
      size.bytes += append->graded->wire_bytes;
    }
  }
  return size;
}

// A store that is corrupt, or that contradicts the core (our bug), must not be written to any more.
[[noreturn]] void Die(const absl::Status& status) {
  std::fprintf(stderr, "wattfleet: the store cannot go on: %s\n", status.ToString().c_str());
  if (absl::IsDataLoss(status)) {
    std::_Exit(EXIT_FAILURE);
  }
  std::abort();
}

bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status);
}

}  // namespace

StoreWriter::StoreWriter(Store& store, Callbacks callbacks, Limits limits)
    : store_(store),
      callbacks_(std::move(callbacks)),
      limits_(limits),
      thread_([this] { Loop(); }) {}

StoreWriter::~StoreWriter() {
  Stop();
}

void StoreWriter::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void StoreWriter::Enqueue(StoreBatch batch,
                          std::vector<std::shared_ptr<absl::Notification>> ready) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) {
    queue_.push_back(Item{std::move(batch), std::move(ready)});
  }
}

void StoreWriter::RunOnWriter(std::function<void(Store&)> task) {
  absl::MutexLock lock(&mutex_);
  if (!stopping_) {
    queue_.push_back(std::move(task));
  }
}

void StoreWriter::Loop() {
  while (true) {
    std::vector<StoreBatch> group;
    std::function<void(Store&)> task;
    if (!Next(group, task)) {
      return;
    }
    if (task) {
      task(store_);
    } else if (group.empty()) {
      Idle();
    } else if (!Commit(std::move(group))) {
      return;
    }
  }
}

bool StoreWriter::Next(std::vector<StoreBatch>& group, std::function<void(Store&)>& task) {
  std::vector<std::shared_ptr<absl::Notification>> ready;
  {
    absl::MutexLock lock(&mutex_);
    const auto awake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return stopping_ || !queue_.empty();
    };
    mutex_.AwaitWithTimeout(absl::Condition(&awake), kIdleAfter);
    if (queue_.empty()) {
      return !stopping_;
    }
    Size total;
    while (!queue_.empty()) {
      Item* item = std::get_if<Item>(&queue_.front());
      if (item == nullptr) {
        if (group.empty()) {
          task = std::move(std::get<std::function<void(Store&)>>(queue_.front()));
          queue_.pop_front();
        }
        break;
      }
      const Size size = SizeOf(item->batch);
      if (!group.empty() && (item->batch.sweep != group.front().sweep ||
                             total.rows + size.rows > limits_.group_rows ||
                             total.bytes + size.bytes > limits_.group_bytes)) {
        break;
      }
      total.rows += size.rows;
      total.bytes += size.bytes;
      group.push_back(std::move(item->batch));
      ready.insert(ready.end(), item->ready.begin(), item->ready.end());
      queue_.pop_front();
    }
  }
  for (const auto& graded : ready) {
    graded->WaitForNotification();
  }
  return true;
}

bool StoreWriter::Commit(std::vector<StoreBatch> group) {
  while (true) {
    absl::StatusOr<std::vector<Committed>> committed = store_.Apply(group);
    SayHealth(committed.status());
    if (committed.ok()) {
      for (Committed& one : *committed) {
        callbacks_.committed(std::move(one));
      }
      return true;
    }
    if (!IsWorthAnotherTry(committed.status())) {
      Die(committed.status());
    }
    // Nothing of the group is applied and nobody was told that it was: senders run out of credit
    // and wait with us.
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      return false;
    }
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), limits_.retry_after);
  }
}

void StoreWriter::Idle() {
  const absl::Status idle = store_.Idle();
  if (!idle.ok() && !IsWorthAnotherTry(idle)) {
    Die(idle);
  }
  SayHealth(idle);
}

void StoreWriter::SayHealth(const absl::Status& status) {
  if (!status.ok() || sick_) {
    callbacks_.health(std::string(status.message()));
  }
  sick_ = !status.ok();
}

}  // namespace wattfleet::coordinator
