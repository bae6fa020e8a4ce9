package main

/*
#cgo pkg-config: libzmq
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void *open_socket(void *ctx, int type, const char *endpoint, int bind)
{
	int linger = -1, hwm = 10000;
	void *s = zmq_socket(ctx, type);
	if (s == NULL)
		return NULL;
	zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
	zmq_setsockopt(s, ZMQ_SNDHWM, &hwm, sizeof hwm);
	zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
	if ((bind ? zmq_bind : zmq_connect)(s, endpoint) < 0)
		return NULL;
	return s;
}

// The client of every measurement: plain C over libzmq.

// client_echo does n round trips and stores how long each took.
static int client_echo(const char *endpoint, int n, int size, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *s = open_socket(ctx, ZMQ_DEALER, endpoint, 0);
	char *buf = calloc(1, size);
	int rc = s == NULL ? -1 : 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		int64_t start = now();
		if (zmq_send(s, buf, size, 0) != size || zmq_recv(s, buf, size, 0) != size)
			rc = -1;
		took[i] = now() - start;
	}
	free(buf);
	zmq_close(s);
	zmq_ctx_term(ctx);
	return rc;
}

// client_send sends n messages.
static int client_send(const char *endpoint, int n, int size)
{
	void *ctx = zmq_ctx_new(), *s = open_socket(ctx, ZMQ_DEALER, endpoint, 0);
	char *buf = calloc(1, size);
	int rc = s == NULL ? -1 : 0;
	for (int i = 0; rc == 0 && i < n; i++)
		rc = zmq_send(s, buf, size, 0) == size ? 0 : -1;
	free(buf);
	zmq_close(s);
	zmq_ctx_term(ctx);
	return rc;
}

// client_recv asks for n messages and stores how long they took, from the
// first to the last.
static int client_recv(const char *endpoint, int n, int size, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *s = open_socket(ctx, ZMQ_DEALER, endpoint, 0);
	char *buf = calloc(1, size);
	int rc = s == NULL || zmq_send(s, "go", 2, 0) != 2 ? -1 : 0;
	int64_t start = 0;
	for (int i = 0; rc == 0 && i < n; i++) {
		rc = zmq_recv(s, buf, size, 0) == size ? 0 : -1;
		if (i == 0)
			start = now();
	}
	*took = now() - start;
	free(buf);
	zmq_close(s);
	zmq_ctx_term(ctx);
	return rc;
}

// The servers in C, one frame in front of each message being the routing id.

static void *server(const char *wildcard, char *endpoint, size_t len, void **ctx)
{
	*ctx = zmq_ctx_new();
	void *s = open_socket(*ctx, ZMQ_ROUTER, wildcard, 1);
	int mandatory = 1;
	if (s == NULL)
		return NULL;
	zmq_setsockopt(s, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof mandatory);
	zmq_getsockopt(s, ZMQ_LAST_ENDPOINT, endpoint, &len);
	return s;
}

static int server_echo(void *s, int n)
{
	for (int i = 0; i < 2 * n; i++) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, s, 0) < 0)
			return -1;
		int more = zmq_msg_more(&m) ? ZMQ_SNDMORE : 0;
		if (zmq_msg_send(&m, s, more) < 0)
			return -1;
	}
	return 0;
}

static int server_recv(void *s, int n, int64_t *took)
{
	int64_t start = 0;
	for (int i = 0; i < 2 * n; i++) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, s, 0) < 0)
			return -1;
		zmq_msg_close(&m);
		if (i == 1)
			start = now();
	}
	*took = now() - start;
	return 0;
}

static int server_send(void *s, int n, int size)
{
	char id[256], go[2], *buf = calloc(1, size);
	int len = zmq_recv(s, id, sizeof id, 0), rc = 0;
	zmq_recv(s, go, sizeof go, 0);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = zmq_send(s, id, len, ZMQ_SNDMORE) == len && zmq_send(s, buf, size, 0) == size ? 0 : -1;
	free(buf);
	return rc;
}
*/
import "C"

import (
	"errors"
	"slices"
	"time"
	"unsafe"
)

var errLibzmq = errors.New("libzmq failed")

func check(rc C.int) error {
	if rc != 0 {
		return errLibzmq
	}
	return nil
}

// client runs the client's part of a measurement and returns its figure: the
// median round trip, or the time n messages took to arrive.
func client(what, endpoint string, n, size int) (time.Duration, error) {
	ep := C.CString(endpoint)
	defer C.free(unsafe.Pointer(ep))
	took := make([]int64, n)
	var err error
	switch what {
	case "echo":
		err = check(C.client_echo(ep, C.int(n), C.int(size), (*C.int64_t)(&took[0])))
		took = took[n/10:] // the first are for warming up
		slices.Sort(took)
		return time.Duration(took[len(took)/2]), err
	case "in":
		err = check(C.client_send(ep, C.int(n), C.int(size)))
	case "out":
		err = check(C.client_recv(ep, C.int(n), C.int(size), (*C.int64_t)(&took[0])))
	}
	return time.Duration(took[0]), err
}

// serveC is the server in C.
func serveC(what string, n, size int, bound func(string)) (time.Duration, error) {
	wildcard := C.CString("tcp://127.0.0.1:*")
	defer C.free(unsafe.Pointer(wildcard))
	var ctx unsafe.Pointer
	endpoint := make([]byte, 256)
	s := C.server(wildcard, (*C.char)(unsafe.Pointer(&endpoint[0])), C.size_t(len(endpoint)), &ctx)
	if s == nil {
		return 0, errLibzmq
	}
	defer C.zmq_ctx_term(ctx)
	defer C.zmq_close(s)
	bound(string(endpoint[:slices.Index(endpoint, 0)]))
	var took C.int64_t
	var err error
	switch what {
	case "echo":
		err = check(C.server_echo(s, C.int(n)))
	case "in":
		err = check(C.server_recv(s, C.int(n), &took))
	case "out":
		err = check(C.server_send(s, C.int(n), C.int(size)))
	}
	return time.Duration(took), err
}
