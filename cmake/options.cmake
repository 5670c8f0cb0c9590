# How we compile: the switches that presets set, and the flags that follow from them.

option(CS_TESTS "Build the tests and register them with ctest" ON)
option(CS_WERROR "Turn warnings into errors (the presets do; packagers need not)" OFF)
option(CS_MIMALLOC "Let the server take memory from mimalloc (not under sanitizers)" ON)
option(CS_FAULT_POINTS "Compile the simulator's fault points in" OFF)
option(CS_FUZZ "Build fuzzers with libFuzzer (needs clang)" OFF)
option(CS_CLANG_TIDY "Run clang-tidy-19 on every compiled file" OFF)
option(CS_COVERAGE "Instrument for gcov" OFF)
set(CS_SANITIZE "" CACHE STRING "Value of -fsanitize=, for example address,undefined")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
endif()

# Asserts of our own (CS_ASSERT) are always on. -g1 keeps line numbers in traces and halves the time and space
# that full debug information costs; use -DCMAKE_CXX_FLAGS=-g3 for a debugger session.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

# Paths in assertion messages and debug information are relative, so builds do not depend on their folder.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")

find_program(CS_CCACHE ccache)
if(CS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # NOHASHDIR: the same file compiled for another build folder is the same object.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1 "${CS_CCACHE}")
endif()

find_program(CS_MOLD mold)
if(CS_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

if(CS_SANITIZE)
    add_compile_options("-fsanitize=${CS_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options("-fsanitize=${CS_SANITIZE}")
endif()

if(CS_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "CS_FUZZ needs clang: cmake --preset dev")
    endif()
    # The debug build runs all the other tests, too: tracing comparisons would double their time.
    if(CMAKE_BUILD_TYPE STREQUAL "Debug")
        add_compile_options(-fsanitize-coverage=inline-8bit-counters,indirect-calls,pc-table)
    else()
        add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
endif()

if(CS_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()

if(CS_FAULT_POINTS)
    add_compile_definitions(CS_FAULT_POINTS=1)
endif()

if(CS_CLANG_TIDY)
    find_program(CS_CLANG_TIDY_PROGRAM NAMES clang-tidy-19 clang-tidy REQUIRED)
    set(CMAKE_CXX_CLANG_TIDY "${CS_CLANG_TIDY_PROGRAM}" --quiet)
endif()

# Warnings of our own targets only; see chengshu_flags().
set(CS_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough)
if(CS_WERROR)
    list(APPEND CS_WARNINGS -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # It blames std::stable_sort's user for what libstdc++ 12 itself calls.
    list(APPEND CS_WARNINGS -Wthread-safety -Wno-deprecated-declarations)
else()
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # GCC 12 invents overlaps in std::string::assign at -O2 (GCC bug 105651).
        list(APPEND CS_WARNINGS -Wno-restrict)
    endif()
    if(CMAKE_UNITY_BUILD)
        # It takes the files that are compiled together for headers, which must not use the unnamed namespace.
        list(APPEND CS_WARNINGS -Wno-subobject-linkage)
    endif()
endif()
