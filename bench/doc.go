// Command bench measures adrastea against IRkernel, and against ark and xeus-r
// where they are there: all on the R of this machine, with one client, in runs
// that alternate. It prints medians, ratios and what is wanted of them. `make
// bench` runs it. Its exit status is 1 when something wanted is missed.
//
// A column has what R does by itself, without a kernel, at plain pipes: no
// kernel that runs R can do better. Further tables have an empty cell in the
// echo kernel, which is the framework without a language, in ipykernel and in
// xeus-python; a cell that prints 20,000 lines; and what one message costs.
// -frameworks prints them alone.
//
// All of it takes a quarter of an hour, most of which are IRkernel's cells with
// much output or code. -rows measures some of the rows:
//
//	scripts/bench -rows '^interrupt' -kernels adrastea,ark
//
// # Other kernels
//
// IRkernel is Debian's r-cran-irkernel, which `make bench` installs. ark and
// xeus-r are in no Debian; they are measured where they are on the PATH, or
// where -ark and -xeus-r name them.
//
// ark has releases, and is built from its sources by `cargo build --release`,
// which leaves target/release/ark.
//
// xeus-r is in conda-forge. From the sources of xeus, xeus-zmq and xeus-r, in
// this order, each is built with
//
//	cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=$PREFIX \
//		-DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH=$PREFIX
//	cmake --build build && cmake --install build
//
// with Debian's nlohmann-json3-dev (3.11.3 or later), cppzmq-dev, libzmq3-dev,
// uuid-dev and libssl-dev, and for xeus-r on Debian -DR_INCLUDE_DIR=/usr/share/R/include.
// It leaves $PREFIX/bin/xr, and installs its R package, hera, into the first
// library that R has: name one in R_LIBS, then and for the bench.
//
// Only the ratios mean anything on another machine.
package main
