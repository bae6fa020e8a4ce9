// Sockets of the operating system, for the parts that do without libzmq.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// block is how much is written or read at once.
enum { block = 128 << 10 };

static inline int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// await_turn waits for the client's turn if round trip i begins one.
static inline void await_turn(const struct setup *s, int64_t i)
{
	if (s->turn == 0 || i % s->turn != 0)
		return;
	puts("ready");
	fflush(stdout);
	for (int c = getchar(); c != '\n' && c != EOF; c = getchar())
		;
}

static inline struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static inline int nodelay(int fd)
{
	int one = 1;
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static inline int connect_loopback(int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	return connect(fd, (struct sockaddr *)&a, sizeof a) < 0 ? -1 : nodelay(fd);
}

static inline int put(int fd, const char *buf, size_t n)
{
	while (n > 0) {
		ssize_t m = write(fd, buf, n);
		if (m <= 0)
			return -1;
		buf += m;
		n -= m;
	}
	return 0;
}

static inline int get(int fd, char *buf, size_t n)
{
	while (n > 0) {
		ssize_t m = read(fd, buf, n);
		if (m <= 0)
			return -1;
		buf += m;
		n -= m;
	}
	return 0;
}
