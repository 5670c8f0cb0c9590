#pragma once

#include "control.hpp"
#include "runtime.hpp"
#include "sensing.hpp"
#include "services/definitions.hpp"
#include "writer_thread.hpp"

#include <memory>

namespace chengshu::app {

/// What operators' commands ask of the running server. All of them outlive the answer.
Result<std::unique_ptr<Control>> listen_to_operator(
    Runtime& run,
    services::CurrentDefinitions& definitions,
    WriterThread& writer,
    Sensing& sensing
);

}  // namespace chengshu::app
