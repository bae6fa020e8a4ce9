package main

/*
#cgo pkg-config: libzmq
#cgo CFLAGS: -O2
#include "peer.h"
#include <stdio.h>
#include <stdlib.h>

static void announce(const char *endpoint)
{
	printf("%s\n", endpoint);
	fflush(stdout);
}

static ready_fn announcer(void) { return announce; }
*/
import "C"

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"
)

var errC = errors.New("the C side failed")

// cSetup is the setup for C. It stays allocated: the process is short.
func cSetup(m *measurement, endpoint string, server bool) *C.struct_setup {
	s := (*C.struct_setup)(C.calloc(1, C.sizeof_struct_setup))
	s.endpoint = C.CString(endpoint)
	s.n, s.size, s.peers = C.int64_t(m.N), C.size_t(m.Size), C.int(m.Peers)
	s.turn = C.int64_t(m.Turn)
	if m.curve() {
		own := m.ClientKey
		if server {
			own = m.ServerKey
		}
		pair := keyPair(own)
		s.server_key = C.CString(keyPair(m.ServerKey).Public().String())
		s.public_key = C.CString(pair.Public().String())
		s.secret_key = C.CString(pair.Secret())
	}
	return s
}

// cClient is the far end of every measurement.
func cClient(m *measurement, endpoint string) ([]int64, error) {
	took := make([]int64, max(m.N, 1))
	first := (*C.int64_t)(unsafe.Pointer(&took[0]))
	s := cSetup(m, endpoint, false)
	var rc C.int
	if port, err := strconv.Atoi(endpoint); err == nil {
		rc = rawClient(m.What, C.int(port), s, first)
	} else if m.Far == "" {
		rc = zmtpClient(m.What, s, first)
	} else {
		rc = libzmqClient(m.What, s, first)
	}
	if rc != 0 {
		return nil, errC
	}
	if m.What != "echo" {
		took = took[:1]
	}
	return took, nil
}

func rawClient(what string, port C.int, s *C.struct_setup, took *C.int64_t) C.int {
	switch what {
	case "in":
		return C.raw_client_send(port, s, took)
	case "out":
		return C.raw_client_recv(port, s, took)
	}
	return C.raw_client_echo(port, s, took)
}

func zmtpClient(what string, s *C.struct_setup, took *C.int64_t) C.int {
	switch what {
	case "in":
		return C.zmtp_client_send(s, took)
	case "out":
		return C.zmtp_client_recv(s, took)
	}
	return C.zmtp_client_subscribe(s, took)
}

func libzmqClient(what string, s *C.struct_setup, took *C.int64_t) C.int {
	switch what {
	case "in":
		return C.client_send(s, took)
	case "out":
		return C.client_recv(s, took)
	case "pub":
		return C.client_subscribe(s, took)
	}
	return C.client_echo(s, took)
}

// serveC is libzmq, from C.
func serveC(m *measurement) (int64, error) {
	var took C.int64_t
	s := cSetup(m, m.Endpoint, true)
	var rc C.int
	switch m.What {
	case "echo":
		rc = C.server_echo(s, C.announcer(), &took)
	case "in":
		rc = C.server_recv(s, C.announcer(), &took)
	case "out":
		rc = C.server_send(s, C.announcer(), &took)
	case "pub":
		rc = C.server_publish(s, C.announcer(), &took)
	}
	if rc != 0 {
		return 0, errC
	}
	return int64(took), nil
}

// serveRaw is the physical limit: sockets of the operating system.
func serveRaw(m *measurement) (int64, error) {
	var port C.int
	listener := C.raw_listen(&port)
	if listener < 0 {
		return 0, errC
	}
	fmt.Println(port)
	var took C.int64_t
	s := cSetup(m, "", true)
	var rc C.int
	switch m.What {
	case "echo":
		rc = C.raw_server_echo(listener, s, &took)
	case "in":
		rc = C.raw_server_recv(listener, s, &took)
	case "out":
		rc = C.raw_server_send(listener, s, &took)
	}
	if rc != 0 {
		return 0, errC
	}
	return int64(took), nil
}
