// Linked into every program of the tsan preset, and nowhere else.
//
// The system's Abseil is built without ThreadSanitizer, which therefore does not see its locks and
// reference counts, and takes what they guard for races. These definitions stand before the
// library's own, tell the sanitizer what each call orders, and go on to them.

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

// The library's own definition. It may evaluate the conditions that other threads wait for, in an
// order that the sanitizer cannot see: those reads are left out of account.
template <typename Result, typename... Args>
Result CallNext(const char* symbol, Args... args) {
  struct IgnoringReads {
    IgnoringReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
    ~IgnoringReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
  };
  const auto next = reinterpret_cast<Result (*)(Args...)>(dlsym(RTLD_NEXT, symbol));
  const IgnoringReads ignoring;
  return next(args...);
}

template <typename... Args>
void CallLocking(absl::Mutex* mutex, const char* symbol, Args... args) {
  CallNext<void>(symbol, args...);
  __tsan_acquire(mutex);
}

// Gives the mutex up and has it again at the end.
template <typename Result, typename... Args>
Result CallWaiting(absl::Mutex* mutex, const char* symbol, Args... args) {
  struct Acquire {
    ~Acquire() { __tsan_acquire(mutex); }
    absl::Mutex* mutex;
  };
  __tsan_release(mutex);
  const Acquire acquire{mutex};
  return CallNext<Result>(symbol, args...);
}

}  // namespace

// Gives up one reference to what a Status says; the last one deletes it.
void UnrefStatus(std::uintptr_t rep) asm("_ZN4absl7debian36Status15UnrefNonInlinedEm");
void UnrefStatus(std::uintptr_t rep) {
  __tsan_release(reinterpret_cast<void*>(rep));
  __tsan_acquire(reinterpret_cast<void*>(rep));
  CallNext<void>("_ZN4absl7debian36Status15UnrefNonInlinedEm", rep);
}

#define WF_MUTEX "_ZN4absl7debian35Mutex"
#define WF_CONDVAR "_ZN4absl7debian37CondVar"
#define WF_NOTIFICATION "_ZNK4absl7debian312Notification"
#define WF_BLOCKING_COUNTER "_ZN4absl7debian315BlockingCounter"

namespace absl {

void Mutex::Lock() {
  CallLocking(this, WF_MUTEX "4LockEv", this);
}

void Mutex::Unlock() {
  __tsan_release(this);
  CallNext<void>(WF_MUTEX "6UnlockEv", this);
}

void Mutex::ReaderLock() {
  CallLocking(this, WF_MUTEX "10ReaderLockEv", this);
}

void Mutex::ReaderUnlock() {
  __tsan_release(this);
  CallNext<void>(WF_MUTEX "12ReaderUnlockEv", this);
}

bool Mutex::TryLock() {
  const bool locked = CallNext<bool>(WF_MUTEX "7TryLockEv", this);
  if (locked) {
    __tsan_acquire(this);
  }
  return locked;
}

void Mutex::LockWhen(const Condition& condition) {
  CallLocking(this, WF_MUTEX "8LockWhenERKNS0_9ConditionE", this, &condition);
}

void Mutex::Await(const Condition& condition) {
  CallWaiting<void>(this, WF_MUTEX "5AwaitERKNS0_9ConditionE", this, &condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return CallWaiting<bool>(this, WF_MUTEX "16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE",
                           this, &condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  return CallWaiting<bool>(this, WF_MUTEX "17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE", this,
                           &condition, deadline);
}

void CondVar::Wait(Mutex* mutex) {
  CallWaiting<void>(mutex, WF_CONDVAR "4WaitEPNS0_5MutexE", this, mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, Duration timeout) {
  return CallWaiting<bool>(mutex, WF_CONDVAR "15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE", this,
                           mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  return CallWaiting<bool>(mutex, WF_CONDVAR "16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE", this,
                           mutex, deadline);
}

void Notification::Notify() {
  __tsan_release(this);
  CallNext<void>("_ZN4absl7debian312Notification6NotifyEv", this);
}

void Notification::WaitForNotification() const {
  CallNext<void>(WF_NOTIFICATION "19WaitForNotificationEv", this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  const bool notified = CallNext<bool>(
      WF_NOTIFICATION "30WaitForNotificationWithTimeoutENS0_8DurationE", this, timeout);
  __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  const bool notified = CallNext<bool>(
      WF_NOTIFICATION "31WaitForNotificationWithDeadlineENS0_4TimeE", this, deadline);
  __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool BlockingCounter::DecrementCount() {
  __tsan_release(this);
  return CallNext<bool>(WF_BLOCKING_COUNTER "14DecrementCountEv", this);
}

void BlockingCounter::Wait() {
  CallNext<void>(WF_BLOCKING_COUNTER "4WaitEv", this);
  __tsan_acquire(this);
}

}  // namespace absl
