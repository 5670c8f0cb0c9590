# duckdb::duckdb, the library of the observation store (docs/adr/0007-observations-in-duckdb.md). ./dev fetches it into
# the folder below; CS_DUCKDB, as a CMake or an environment variable, names another.

set(CS_DUCKDB_VERSION 1.4.4)
if(NOT CS_DUCKDB)
    if(DEFINED ENV{CS_DUCKDB})
        set(CS_DUCKDB "$ENV{CS_DUCKDB}")
    elseif(DEFINED ENV{XDG_CACHE_HOME})
        set(CS_DUCKDB "$ENV{XDG_CACHE_HOME}/chengshu/duckdb-${CS_DUCKDB_VERSION}")
    else()
        set(CS_DUCKDB "$ENV{HOME}/.cache/chengshu/duckdb-${CS_DUCKDB_VERSION}")
    endif()
endif()
foreach(file IN ITEMS duckdb.h libduckdb.so)
    if(NOT EXISTS "${CS_DUCKDB}/${file}")
        message(FATAL_ERROR "DuckDB ${CS_DUCKDB_VERSION} was not found: ${CS_DUCKDB}/${file} does not exist. "
            "./dev build fetches it (x86_64 Linux); elsewhere set CS_DUCKDB to a folder with libduckdb.so and duckdb.h.")
    endif()
endforeach()

# Its headers are not ours to warn about, and the build tree finds the library where it lies (RPATH).
add_library(duckdb::duckdb SHARED IMPORTED)
set_target_properties(duckdb::duckdb PROPERTIES
    IMPORTED_LOCATION "${CS_DUCKDB}/libduckdb.so"
    INTERFACE_INCLUDE_DIRECTORIES "${CS_DUCKDB}")

# An installed tree has it beside the programs: bin/chengshu looks in lib/chengshu.
include(GNUInstallDirs)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/chengshu")
install(FILES "${CS_DUCKDB}/libduckdb.so" DESTINATION "${CMAKE_INSTALL_LIBDIR}/chengshu")
