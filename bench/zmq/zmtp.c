// The far end of what goes one way without encryption: it speaks ZMTP 3.0 by
// itself, so that it costs next to nothing beside what is measured. Frames are
// written, and read, many at a time.

#include "peer.h"
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>

enum { greeting = 64, is_long = 2, is_command = 4 };

static int connect_to(const char *endpoint)
{
	struct sockaddr_un u = {.sun_family = AF_UNIX};
	if (strncmp(endpoint, "tcp://", 6) == 0) // an address of loopback, written one way or another
		return connect_loopback(atoi(strrchr(endpoint, ':') + 1));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(u.sun_path, sizeof u.sun_path, "%s", endpoint + strlen("ipc://"));
	return connect(fd, (struct sockaddr *)&u, sizeof u) < 0 ? -1 : fd;
}

// frame_size returns the size of the frame that begins at b, with its header,
// or 0 if n octets do not tell.
static size_t frame_size(const unsigned char *b, size_t n)
{
	size_t size = 0;
	if (n < 2)
		return 0;
	if ((b[0] & is_long) == 0)
		return 2 + b[1];
	if (n < 9)
		return 0;
	for (int i = 1; i < 9; i++)
		size = size << 8 | b[i];
	return 9 + size;
}

// open_peer connects and shakes hands as a socket of that type.
static int open_peer(const char *endpoint, const char *type)
{
	char hello[greeting] = {(char)0xff, [9] = 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
	char ready[64], theirs[512] = {0};
	int fd = connect_to(endpoint);
	if (fd < 0)
		return -1;
	int n = 2 + snprintf(ready + 2, sizeof ready - 2, "\5READY\13Socket-Type%c%c%c%c%s", 0, 0, 0, (int)strlen(type), type);
	ready[0] = is_command;
	ready[1] = n - 2;
	if (put(fd, hello, sizeof hello) < 0 || get(fd, theirs, greeting) < 0 || put(fd, ready, n) < 0)
		return -1;
	if (get(fd, theirs, 2) < 0 || theirs[0] != is_command || get(fd, theirs, (unsigned char)theirs[1]) < 0)
		return -1;
	return memcmp(theirs, "\5READY", 6) == 0 ? fd : -1;
}

int zmtp_client_send(const struct setup *s, int64_t *took)
{
	size_t header = s->size > 255 ? 9 : 2, frame = header + s->size;
	int64_t fit = frame < block ? block / frame : 1, left = s->n;
	char *buf = calloc(fit, frame), end;
	int fd = open_peer(s->endpoint, "PUSH"), rc = fd < 0 ? -1 : 0;
	for (char *f = buf; f < buf + fit * frame; f += frame) {
		size_t size = s->size;
		for (size_t i = header - 1; i > 0; i--, size >>= 8)
			f[i] = size;
		f[0] = header > 2 ? is_long : 0;
	}
	for (; rc == 0 && left > 0; left -= fit)
		rc = put(fd, buf, (left < fit ? left : fit) * frame);
	if (rc == 0 && read(fd, &end, 1) > 0)
		rc = -1;
	*took = 0;
	free(buf);
	close(fd);
	return rc;
}

// A receiver counts the messages of one connection.
struct receiver {
	int fd;
	int64_t left;            // messages that have not begun
	size_t skip;             // octets left of the message in progress
	unsigned char header[9]; // what has come of the next one's
	size_t have;
};

// take looks for the beginnings of messages in what has come.
static void take(struct receiver *r, const unsigned char *b, size_t n)
{
	while (n > 0) {
		if (r->skip > 0) {
			size_t m = r->skip < n ? r->skip : n;
			r->skip -= m;
			b += m;
			n -= m;
			continue;
		}
		size_t size = r->have == 0 ? frame_size(b, n) : 0;
		if (size == 0) {
			r->header[r->have++] = *b++;
			n--;
			if ((size = frame_size(r->header, r->have)) == 0)
				continue;
			size -= r->have;
			r->have = 0;
		}
		r->skip = size;
		r->left--;
	}
}

static int done(const struct receiver *r) { return r->left <= 0 && r->skip == 0; }

static int receive(struct receiver *r, char *buf)
{
	ssize_t m = read(r->fd, buf, block);
	if (m <= 0)
		return -1;
	take(r, (unsigned char *)buf, m);
	return 0;
}

int zmtp_client_recv(const struct setup *s, int64_t *took)
{
	struct receiver r = {.fd = open_peer(s->endpoint, "PULL"), .left = s->n};
	char *buf = malloc(block);
	int64_t start = 0;
	int rc = r.fd < 0 ? -1 : 0;
	while (rc == 0 && !done(&r)) {
		rc = receive(&r, buf);
		if (start == 0)
			start = now();
	}
	*took = now() - start;
	free(buf);
	close(r.fd);
	return rc;
}

int zmtp_client_subscribe(const struct setup *s, int64_t *took)
{
	struct receiver *all = calloc(s->peers, sizeof *all);
	struct epoll_event ready[64];
	char *buf = malloc(block);
	int poll = epoll_create1(0), rc = 0, left = s->peers;
	int64_t start = 0;
	for (struct receiver *r = all; rc == 0 && r < all + s->peers; r++) {
		struct epoll_event e = {.events = EPOLLIN, .data.ptr = r};
		r->left = s->n;
		r->fd = open_peer(s->endpoint, "SUB");
		if (r->fd < 0 || epoll_ctl(poll, EPOLL_CTL_ADD, r->fd, &e) < 0)
			rc = -1;
		else
			rc = put(r->fd, "\0\1\1", 3); // to everything, as a message
	}
	while (rc == 0 && left > 0) {
		int n = epoll_wait(poll, ready, 64, -1);
		if (start == 0)
			start = now();
		for (int i = 0; rc == 0 && i < n; i++) {
			struct receiver *r = ready[i].data.ptr;
			rc = receive(r, buf);
			if (done(r)) {
				epoll_ctl(poll, EPOLL_CTL_DEL, r->fd, NULL);
				left--;
			}
		}
	}
	*took = now() - start;
	for (struct receiver *r = all; r < all + s->peers; r++)
		close(r->fd);
	close(poll);
	free(all);
	free(buf);
	return rc;
}
