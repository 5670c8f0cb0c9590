#include "writer_thread.hpp"

#include <utility>

namespace chengshu::app {

WriterThread::WriterThread(services::Engine& engine, std::size_t queue, std::size_t batch)
    : engine_(engine), queue_(queue), batch_(batch), thread_([this] { run(); }) {}

WriterThread::~WriterThread() {
    stop();
}

bool WriterThread::submit(services::Job job) {
    const bool taken = queue_.try_push(std::move(job));
    refused_ += taken ? 0 : 1;
    return taken;
}

void WriterThread::stop() {
    queue_.close();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void WriterThread::run() {
    while (true) {
        auto batch = queue_.pop_batch(batch_);
        if (batch.empty()) {
            return;
        }
        jobs_ += batch.size();
        ++batches_;
        engine_.run(std::move(batch));
    }
}

}  // namespace chengshu::app
