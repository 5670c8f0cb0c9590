#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace chengshu {

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "chengshu: broken invariant `%s` at %s:%d\n", condition, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace chengshu
