# Every library that we do not write. All but DuckDB come from the distribution;
# `./dev up` installs them (tools/packages.txt says which package and why).

set(CS_HINT "run ./dev doctor to see what is missing, ./dev up to install it")

find_package(Threads REQUIRED)

# Debian 12's default Boost is 1.74; 1.81 sits beside it and is found because of the version asked for.
# Static, so that the server's binary runs where Boost is not installed.
set(Boost_USE_STATIC_LIBS ON)
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 CONFIG QUIET COMPONENTS json url)
if(NOT Boost_FOUND)
    message(FATAL_ERROR "Boost >= 1.81 with Boost.JSON and Boost.URL was not found: ${CS_HINT}")
endif()

find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(GEOS REQUIRED)
find_package(pugixml REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)

# yaml-cpp 0.7 (Debian 12) has the plain name only, 0.8 the other one.
if(NOT TARGET yaml-cpp::yaml-cpp)
    add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
    target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

# docs/adr/0010. The library replaces malloc by being loaded; nothing of ours names it.
if(CS_MIMALLOC AND NOT CS_SANITIZE)
    find_library(CS_MIMALLOC_LIBRARY mimalloc)
    if(NOT CS_MIMALLOC_LIBRARY)
        message(FATAL_ERROR "libmimalloc was not found: ${CS_HINT}, or configure with -DCS_MIMALLOC=OFF")
    endif()
endif()

find_path(CS_ARGON2_INCLUDE argon2.h REQUIRED)
find_library(CS_ARGON2_LIBRARY argon2 REQUIRED)
add_library(chengshu::argon2_external UNKNOWN IMPORTED)
set_target_properties(chengshu::argon2_external PROPERTIES
    IMPORTED_LOCATION "${CS_ARGON2_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CS_ARGON2_INCLUDE}")

find_path(CS_PROTOZERO_INCLUDE protozero/pbf_writer.hpp REQUIRED)
add_library(protozero::protozero INTERFACE IMPORTED)
set_target_properties(protozero::protozero PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${CS_PROTOZERO_INCLUDE}")

include(duckdb)

if(CS_TESTS)
    find_package(GTest REQUIRED)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()
find_package(benchmark QUIET)
