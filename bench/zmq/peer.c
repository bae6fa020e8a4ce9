#include "peer.h"
#include "net.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

// A socket with no bound on its queues, so that nothing is lost and nobody
// waits but for the wire.
static void *open_socket(void *ctx, const struct setup *s, int type, int bind)
{
	// A SUB that lost its publisher has subscriptions to send for ever.
	int linger = type == ZMQ_SUB ? 0 : -1, hwm = 0, one = 1;
	void *sock = zmq_socket(ctx, type);
	if (sock == NULL)
		return NULL;
	zmq_setsockopt(sock, ZMQ_LINGER, &linger, sizeof linger);
	zmq_setsockopt(sock, ZMQ_SNDHWM, &hwm, sizeof hwm);
	zmq_setsockopt(sock, ZMQ_RCVHWM, &hwm, sizeof hwm);
	if (type == ZMQ_XPUB)
		zmq_setsockopt(sock, ZMQ_XPUB_VERBOSE, &one, sizeof one);
	if (type == ZMQ_SUB)
		zmq_setsockopt(sock, ZMQ_SUBSCRIBE, "", 0);
	if (s->server_key != NULL && bind) {
		zmq_setsockopt(sock, ZMQ_CURVE_SERVER, &one, sizeof one);
		zmq_setsockopt(sock, ZMQ_CURVE_SECRETKEY, s->secret_key, 40);
	} else if (s->server_key != NULL) {
		zmq_setsockopt(sock, ZMQ_CURVE_SERVERKEY, s->server_key, 40);
		zmq_setsockopt(sock, ZMQ_CURVE_PUBLICKEY, s->public_key, 40);
		zmq_setsockopt(sock, ZMQ_CURVE_SECRETKEY, s->secret_key, 40);
	}
	if ((bind ? zmq_bind : zmq_connect)(sock, s->endpoint) < 0) {
		zmq_close(sock);
		return NULL;
	}
	return sock;
}

static void *serve(void *ctx, const struct setup *s, int type, ready_fn ready)
{
	char endpoint[256];
	size_t len = sizeof endpoint;
	void *sock = open_socket(ctx, s, type, 1);
	if (sock != NULL) {
		zmq_getsockopt(sock, ZMQ_LAST_ENDPOINT, endpoint, &len);
		ready(endpoint);
	}
	return sock;
}

static int send_all(void *sock, int64_t n, size_t size)
{
	char *buf = calloc(1, size);
	int rc = 0;
	for (int64_t i = 0; rc == 0 && i < n; i++)
		rc = zmq_send(sock, buf, size, 0) == (int)size ? 0 : -1;
	free(buf);
	return rc;
}

// recv_all uses messages, not a buffer: what libzmq has read is not copied.
static int recv_all(void *sock, int64_t n, int64_t *took)
{
	int64_t start = 0;
	for (int64_t i = 0; i < n; i++) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, sock, 0) < 0)
			return -1;
		zmq_msg_close(&m);
		if (i == 0)
			start = now();
	}
	*took = now() - start;
	return 0;
}

int client_echo(const struct setup *s, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = open_socket(ctx, s, ZMQ_DEALER, 0);
	char *buf = calloc(1, s->size);
	int rc = sock == NULL ? -1 : 0;
	for (int64_t i = 0; rc == 0 && i < s->n; i++) {
		await_turn(s, i);
		int64_t start = now();
		if (zmq_send(sock, buf, s->size, 0) < 0 || zmq_recv(sock, buf, s->size, 0) != (int)s->size)
			rc = -1;
		took[i] = now() - start;
	}
	free(buf);
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int client_send(const struct setup *s, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = open_socket(ctx, s, ZMQ_PUSH, 0);
	int rc = sock == NULL ? -1 : send_all(sock, s->n, s->size);
	*took = 0;
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int client_recv(const struct setup *s, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = open_socket(ctx, s, ZMQ_PULL, 0);
	int rc = sock == NULL ? -1 : recv_all(sock, s->n, took);
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int client_subscribe(const struct setup *s, int64_t *took)
{
	void *ctx = zmq_ctx_new(), **socks = calloc(s->peers, sizeof *socks);
	int rc = 0;
	int64_t start = 0;
	for (int j = 0; j < s->peers; j++)
		if ((socks[j] = open_socket(ctx, s, ZMQ_SUB, 0)) == NULL)
			rc = -1;
	for (int64_t i = 0; rc == 0 && i < s->n; i++) {
		for (int j = 0; rc == 0 && j < s->peers; j++) {
			zmq_msg_t m;
			zmq_msg_init(&m);
			rc = zmq_msg_recv(&m, socks[j], 0) < 0 ? -1 : 0;
			zmq_msg_close(&m);
		}
		if (i == 0)
			start = now();
	}
	*took = now() - start;
	for (int j = 0; j < s->peers; j++)
		zmq_close(socks[j]);
	free(socks);
	zmq_ctx_term(ctx);
	return rc;
}

int server_echo(const struct setup *s, ready_fn ready, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = serve(ctx, s, ZMQ_ROUTER, ready);
	int rc = sock == NULL ? -1 : 0;
	*took = 0;
	for (int64_t i = 0; rc == 0 && i < 2 * s->n; i++) {
		zmq_msg_t m;
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, sock, 0) < 0)
			rc = -1;
		else
			rc = zmq_msg_send(&m, sock, zmq_msg_more(&m) ? ZMQ_SNDMORE : 0) < 0 ? -1 : 0;
	}
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int server_recv(const struct setup *s, ready_fn ready, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = serve(ctx, s, ZMQ_PULL, ready);
	int rc = sock == NULL ? -1 : recv_all(sock, s->n, took);
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int server_send(const struct setup *s, ready_fn ready, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = serve(ctx, s, ZMQ_PUSH, ready);
	int rc = sock == NULL ? -1 : send_all(sock, s->n, s->size);
	*took = 0;
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}

int server_publish(const struct setup *s, ready_fn ready, int64_t *took)
{
	void *ctx = zmq_ctx_new(), *sock = serve(ctx, s, ZMQ_XPUB, ready);
	int rc = sock == NULL ? -1 : 0;
	char subscription[8];
	*took = 0;
	for (int j = 0; rc == 0 && j < s->peers; j++)
		rc = zmq_recv(sock, subscription, sizeof subscription, 0) < 0 ? -1 : 0;
	if (rc == 0)
		rc = send_all(sock, s->n, s->size);
	zmq_close(sock);
	zmq_ctx_term(ctx);
	return rc;
}
