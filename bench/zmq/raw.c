#include "peer.h"
#include "net.h"

#include <stdlib.h>

enum { header = 2 };

int raw_listen(int *port)
{
	struct sockaddr_in a = loopback(0);
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1) < 0)
		return -1;
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port = ntohs(a.sin_port);
	return fd;
}

// put_all and get_all move n messages in large blocks.
static int put_all(int fd, const struct setup *s)
{
	int64_t left = s->n * (int64_t)(s->size + header);
	char *buf = calloc(1, block);
	int rc = 0;
	for (; rc == 0 && left > 0; left -= block)
		rc = put(fd, buf, left < block ? left : block);
	free(buf);
	return rc;
}

static int get_all(int fd, const struct setup *s, int64_t *took)
{
	int64_t left = s->n * (int64_t)(s->size + header), start = 0;
	char *buf = malloc(block);
	while (left > 0) {
		ssize_t m = read(fd, buf, block);
		if (m <= 0)
			break;
		if (start == 0)
			start = now();
		left -= m;
	}
	*took = now() - start;
	free(buf);
	return left > 0 ? -1 : 0;
}

int raw_client_echo(int port, const struct setup *s, int64_t *took)
{
	int fd = connect_loopback(port), rc = fd < 0 ? -1 : 0;
	size_t n = s->size + header;
	char *buf = calloc(1, n);
	for (int64_t i = 0; rc == 0 && i < s->n; i++) {
		await_turn(s, i);
		int64_t start = now();
		rc = put(fd, buf, n) < 0 || get(fd, buf, n) < 0 ? -1 : 0;
		took[i] = now() - start;
	}
	free(buf);
	close(fd);
	return rc;
}

int raw_client_send(int port, const struct setup *s, int64_t *took)
{
	int fd = connect_loopback(port), rc = fd < 0 ? -1 : put_all(fd, s);
	*took = 0;
	close(fd);
	return rc;
}

int raw_client_recv(int port, const struct setup *s, int64_t *took)
{
	int fd = connect_loopback(port), rc = fd < 0 ? -1 : get_all(fd, s, took);
	close(fd);
	return rc;
}

int raw_server_echo(int listener, const struct setup *s, int64_t *took)
{
	int fd = nodelay(accept(listener, NULL, NULL)), rc = fd < 0 ? -1 : 0;
	size_t n = s->size + header;
	char *buf = calloc(1, n);
	*took = 0;
	for (int64_t i = 0; rc == 0 && i < s->n; i++)
		rc = get(fd, buf, n) < 0 || put(fd, buf, n) < 0 ? -1 : 0;
	free(buf);
	close(fd);
	return rc;
}

int raw_server_recv(int listener, const struct setup *s, int64_t *took)
{
	int fd = accept(listener, NULL, NULL), rc = fd < 0 ? -1 : get_all(fd, s, took);
	close(fd);
	return rc;
}

int raw_server_send(int listener, const struct setup *s, int64_t *took)
{
	int fd = nodelay(accept(listener, NULL, NULL)), rc = fd < 0 ? -1 : put_all(fd, s);
	*took = 0;
	close(fd);
	return rc;
}
