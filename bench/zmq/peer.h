// The far end of every measurement, plain C: over libzmq, over the sockets of
// the operating system with just enough of ZMTP, and over nothing but these
// sockets for the physical limit.

#include <stddef.h>
#include <stdint.h>

// What to measure with.
struct setup {
	const char *endpoint;
	const char *server_key; // Z85, NULL without CURVE
	const char *public_key, *secret_key;
	int64_t n;  // messages
	size_t size; // octets of each
	int peers;  // subscribers, for publish
	int64_t turn; // round trips: before as many of them, say so and wait for a line; 0: never
};

// Each returns 0, or -1 when something failed. took gets nanoseconds: for
// echo those of each round trip, else one number, from the first message to
// the last.
int client_echo(const struct setup *s, int64_t *took);
int client_send(const struct setup *s, int64_t *took);
int client_recv(const struct setup *s, int64_t *took);
int client_subscribe(const struct setup *s, int64_t *took);

// The same without libzmq, in plain text only.
int zmtp_client_send(const struct setup *s, int64_t *took);
int zmtp_client_recv(const struct setup *s, int64_t *took);
int zmtp_client_subscribe(const struct setup *s, int64_t *took);

// The servers bind s->endpoint and call ready with what they got.
typedef void (*ready_fn)(const char *endpoint);
int server_echo(const struct setup *s, ready_fn ready, int64_t *took);
int server_recv(const struct setup *s, ready_fn ready, int64_t *took);
int server_send(const struct setup *s, ready_fn ready, int64_t *took);
int server_publish(const struct setup *s, ready_fn ready, int64_t *took);

// The same without 0MQ: a message is its octets and a header of two.
int raw_client_echo(int port, const struct setup *s, int64_t *took);
int raw_client_send(int port, const struct setup *s, int64_t *took);
int raw_client_recv(int port, const struct setup *s, int64_t *took);
int raw_listen(int *port);
int raw_server_echo(int listener, const struct setup *s, int64_t *took);
int raw_server_recv(int listener, const struct setup *s, int64_t *took);
int raw_server_send(int listener, const struct setup *s, int64_t *took);
