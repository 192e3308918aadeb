#include "machine/thread_pool.h"

#if !defined(_WIN32)
#include <pthread.h>
#endif

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>

namespace fastrti {
namespace {

// Never destroyed: its threads wait on it until the process ends.
alignas(ThreadPool) unsigned char storage[sizeof(ThreadPool)];

ThreadPool* make_pool() { return new (storage) ThreadPool; }

// To sleep and to be woken takes 0.1 to 0.2 ms, a good part of a frame. So threads look for a while before they sleep:
// as long as that, for frames that follow each other, and so briefly that an idle process costs nothing.
constexpr std::chrono::microseconds kPatience{200};

// Lets the other thread of the core run for some cycles.
void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");
#endif
}

// Waits for a condition; not for longer than kPatience. It keeps the core: on a busy machine, who gives it away waits
// for all others, but who sleeps is woken at once.
template <class Condition>
void wait_briefly(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < end) pause();
}

}  // namespace

ThreadPool& ThreadPool::shared() {
  static ThreadPool* const pool = [] {
#if !defined(_WIN32)  // which does not fork
    pthread_atfork(nullptr, nullptr, [] { make_pool(); });
#endif
    return make_pool();
  }();
  return *pool;
}

void ThreadPool::Job::take_chunks() {
  for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < chunks;) work(i);
}

void ThreadPool::run(std::size_t chunks, int threads, const std::function<void(std::size_t)>& work) {
  const int helpers = static_cast<int>(std::min<std::size_t>(chunks, threads)) - 1;
  Job job{work, chunks, helpers};
  if (helpers > 0) {
    const std::lock_guard<std::mutex> lock(mutex_);
    start_workers(helpers);
    queue_.push_back(&job);
    queued_ = queue_.size();
    wake_.notify_all();
  }
  job.take_chunks();
  if (helpers > 0) {
    std::unique_lock<std::mutex> lock(mutex_);
    queue_.erase(std::remove(queue_.begin(), queue_.end(), &job), queue_.end());  // nobody may join any more
    queued_ = queue_.size();
    lock.unlock();
    const auto done = [&] { return job.running == 0; };
    wait_briefly(done);
    lock.lock();
    left_.wait(lock, done);
  }
}

void ThreadPool::start_workers(int wanted) {
  try {
    for (; workers_ < wanted; ++workers_) std::thread(&ThreadPool::serve, this).detach();
  } catch (const std::system_error&) {
    // The system grants no more threads: those there are, and the caller, do the work.
  }
}

void ThreadPool::serve() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return !queue_.empty(); });
    Job& job = *queue_.front();
    if (--job.vacancies == 0) queue_.pop_front();
    queued_ = queue_.size();
    ++job.running;
    lock.unlock();
    job.take_chunks();
    lock.lock();
    if (--job.running == 0) left_.notify_all();
    lock.unlock();
    wait_briefly([&] { return queued_ > 0; });
    lock.lock();
  }
}

}  // namespace fastrti
