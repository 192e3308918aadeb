// Threads that outlive a frame: starting them anew costs as much as a small picture.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace fastrti {

class ThreadPool {
 public:
  // The one of this process. A forked child, which inherits none of the threads, gets an empty one.
  static ThreadPool& shared();

  // Calls work(0) ... work(chunks - 1), in any order, on up to `threads` threads of which this is one; returns when all
  // are done. Several threads may call it at once: their jobs share the workers. `work` must not throw.
  void run(std::size_t chunks, int threads, const std::function<void(std::size_t)>& work);

 private:
  struct Job {
    const std::function<void(std::size_t)>& work;
    const std::size_t chunks;
    int vacancies;  // workers that may still join; guarded by mutex_, as is `running`
    std::atomic<int> running{0};
    std::atomic<std::size_t> next{0};

    void take_chunks();
  };

  void start_workers(int wanted);
  void serve();

  std::atomic<std::size_t> queued_{0};  // the size of queue_, for those who look without the lock
  std::mutex mutex_;
  std::condition_variable wake_;  // a job with vacancies was queued
  std::condition_variable left_;  // the last worker left a job
  std::deque<Job*> queue_;        // jobs with vacancies, oldest first
  int workers_ = 0;
};

}  // namespace fastrti
