// The three lanes that join R to the kernel: stdout and stderr are pipes, and
// an event socket carries everything that is not text (contracts R1 to R4).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

static int sock = -1;
static pid_t owner;     // the process that may use the socket
static int forked;      // set in a child by fork()
static int text_lane;   // the pipe written last: 1 or 2; 0 when none
static pthread_t main_thread; // R's

// The beginning of a line on stdout; see print.c.
static struct buf line;

static void after_fork(void) {
	forked = 1;
	line.len = 0; // the parent's
}

void lane_init(int fd) {
	sock = fd;
	owner = getpid();
	// R4: no child that runs another program inherits the socket.
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	main_thread = pthread_self();
	pthread_atfork(lane_settle, NULL, after_fork);
	// C code's printf goes out at once, so that its place is kept.
	setvbuf(stdout, NULL, _IONBF, 0);
}

int lane_is_forked(void) { return forked; }

int lane_is_child(void) {
	// The flag is set by fork(); the pid also catches a bare clone.
	return forked || getpid() != owner;
}

int lane_fd(void) { return sock; }

// The kernel is gone: nobody can use this R or what it started.
HOST_NORETURN static void orphaned(void) {
	if (lane_is_child()) _exit(0);
	if (R.R_CleanTempDir && R.R_TempDir && *R.R_TempDir) R.R_CleanTempDir();
	kill(0, SIGKILL);
	_exit(0);
}

void *host_alloc(void *old, size_t n) {
	void *p = realloc(old, n ? n : 1);
	if (!p) {
		static const char text[] = "adrastea: no memory left\n";
		if (write(2, text, sizeof text - 1)) {}
		abort();
	}
	return p;
}

void buf_add(struct buf *b, const void *data, size_t len) {
	if (b->len + len > b->cap) {
		b->cap = (b->len + len) * 2 + 256;
		b->data = host_alloc(b->data, b->cap);
	}
	if (len) memcpy(b->data + b->len, data, len);
	b->len += len;
}

void buf_free(struct buf *b) {
	free(b->data);
	*b = (struct buf){0};
}

struct host_part part_str(const char *s) {
	return (struct host_part){s, strlen(s)};
}

const char *string_utf8(SEXP s) {
	return R.Rf_getCharCE(s) == CE_BYTES ? R.R_CHAR(s) : R.Rf_translateCharUTF8(s);
}

struct host_part part_of(SEXP x) {
	if (R.TYPEOF(x) == RAWSXP)
		return (struct host_part){R.RAW(x), (size_t)R.Rf_xlength(x)};
	if (R.TYPEOF(x) == STRSXP && R.Rf_length(x) > 0)
		return part_str(string_utf8(R.STRING_ELT(x, 0)));
	return part_str("");
}

static void put32(struct buf *b, size_t n) {
	unsigned char x[4] = {n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 & 255};
	buf_add(b, x, 4);
}

static size_t get32(const unsigned char *x) {
	return (size_t)x[0] | (size_t)x[1] << 8 | (size_t)x[2] << 16 | (size_t)x[3] << 24;
}

static void send_all(const char *data, size_t len) {
	while (len > 0) {
		ssize_t n = send(sock, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) orphaned();
		data += n;
		len -= (size_t)n;
	}
}

static volatile sig_atomic_t sending; // a frame, which a handler must not cut
static volatile sig_atomic_t owed[2]; // a frame of lane_signal: type and part

static void send_owed(void) {
	int type = owed[0];
	if (!type) return;
	owed[0] = 0;
	char frame[] = {6, 0, 0, 0, (char)type, 1, 0, 0, 0, (char)owed[1]};
	// Where there is no room, the kernel asks again.
	if (send(sock, frame, sizeof frame, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
}

void lane_signal(int type, char part) {
	owed[1] = part;
	owed[0] = type;
	if (!sending) send_owed();
}

enum { FRAME_MAX = 1 << 30 }; // the kernel takes no more

// frame_size is of 64 bits on every processor: parts may be the same memory many times.
static uint64_t frame_size(int n, const struct host_part *parts) {
	uint64_t total = 1;
	for (int i = 0; i < n; i++) total += 4 + (uint64_t)parts[i].len;
	return total;
}

int lane_fits(int n, const struct host_part *parts) {
	return frame_size(n, parts) <= FRAME_MAX;
}

// lane_send sends a frame: length, type, then each part with its length.
void lane_send(int type, int n, const struct host_part *parts) {
	static struct buf out;
	uint64_t total = frame_size(n, parts);
	if (lane_is_child() || total > FRAME_MAX) return;
	lane_end_line();
	char t = (char)type;
	out.len = 0;
	put32(&out, (size_t)total);
	buf_add(&out, &t, 1);
	for (int i = 0; i < n; i++) {
		put32(&out, parts[i].len);
		buf_add(&out, parts[i].data, parts[i].len);
	}
	sending = 1;
	send_all(out.data, out.len);
	sending = 0;
	send_owed();
	if (out.cap > 1 << 16) buf_free(&out);
}

static void recv_all(char *data, size_t len) {
	while (len > 0) {
		ssize_t n = recv(sock, data, len, 0);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) orphaned();
		data += n;
		len -= (size_t)n;
	}
}

// lane_recv waits for a frame, whatever signals arrive meanwhile.
void lane_recv(struct frame *f) {
	static struct buf in;
	static struct host_part *parts;
	static int cap;
	unsigned char head[4];
	recv_all((char *)head, 4);
	size_t len = get32(head), at = 1;
	if (in.cap > 1 << 16) buf_free(&in);
	if (in.cap < len + 1) {
		in.cap = len + 1;
		in.data = host_alloc(in.data, in.cap);
	}
	recv_all(in.data, len);
	f->type = len ? in.data[0] : 0;
	f->n = 0;
	while (at + 4 <= len) {
		size_t size = get32((unsigned char *)in.data + at);
		at += 4;
		if (size > len - at) break;
		if (f->n == cap) {
			cap = cap * 2 + 8;
			parts = host_alloc(parts, (size_t)cap * sizeof *parts);
		}
		parts[f->n++] = (struct host_part){in.data + at, size};
		at += size;
	}
	f->part = parts;
}

// A frame that arrived while R waited for something else, in memory of its own.
struct kept {
	struct frame frame;
	struct kept *next;
};
static struct kept *kept, **kept_end = &kept;

void lane_keep(const struct frame *f) {
	size_t size = sizeof(struct kept) + (size_t)f->n * sizeof(struct host_part);
	for (int i = 0; i < f->n; i++) size += f->part[i].len;
	struct kept *k = host_alloc(NULL, size);
	k->frame = *f;
	k->next = NULL;
	k->frame.part = (struct host_part *)(k + 1);
	char *data = (char *)(k->frame.part + f->n);
	for (int i = 0; i < f->n; i++) {
		memcpy(data, f->part[i].data, f->part[i].len);
		k->frame.part[i] = (struct host_part){data, f->part[i].len};
		data += f->part[i].len;
	}
	*kept_end = k;
	kept_end = &k->next;
}

int lane_has_kept(void) { return kept != NULL; }

void lane_next(struct frame *f) {
	static struct kept *last;
	if (!kept) {
		lane_recv(f);
		lane_keep(f);
	}
	free(last);
	last = kept;
	kept = last->next;
	if (!kept) kept_end = &kept;
	*f = last->frame;
}

int lane_take(struct frame *f, int (*wanted)(int type)) {
	static struct kept *last;
	for (struct kept **at = &kept; *at; at = &(*at)->next) {
		if (!wanted((*at)->frame.type)) continue;
		free(last);
		last = *at;
		*at = last->next;
		if (!*at) kept_end = at;
		*f = last->frame;
		return 1;
	}
	return 0;
}

static char refusal[1000]; // what was wrong with the last event, or empty

// lane_send_acked is R2: R waits until the kernel has acted on the frame. A
// cell or a call may arrive meanwhile, if R runs a callback between cells.
void lane_send_acked(int type, int n, const struct host_part *parts) {
	struct frame f;
	if (lane_is_child() || !lane_fits(n, parts)) return;
	fflush(stdout);
	lane_send(type, n, parts);
	for (;;) {
		lane_recv(&f);
		if (f.type == CMD_ACK) {
			struct host_part why = f.n ? f.part[0] : part_str("");
			snprintf(refusal, sizeof refusal, "%.*s", (int)why.len, (const char *)why.data);
			return;
		}
		if (!debug_takes(&f) && f.type != CMD_ANSWER) lane_keep(&f);
	}
}

const char *host_event(const char *kind, int n, const struct host_part *parts) {
	if (lane_is_child()) return NULL;
	struct host_part *all = host_alloc(NULL, ((size_t)n + 1) * sizeof *all);
	all[0] = part_str(kind);
	for (int i = 0; i < n; i++) all[i + 1] = parts[i];
	int fits = lane_fits(n + 1, all);
	if (fits) lane_send_acked(EV_USER, n + 1, all);
	free(all);
	if (!fits) return "more than 1 GiB cannot be sent to the front end at once";
	return *refusal ? refusal : NULL;
}

static int waits(int lane) {
	int waiting = 0;
	return ioctl(lane, FIONREAD, &waiting) == 0 && waiting > 0;
}

void lane_settle(void) {
	if (sock < 0 || lane_is_child() || !pthread_equal(pthread_self(), main_thread)) return;
	lane_end_line();
	if (waits(1) || waits(2)) lane_send_acked(EV_SYNC, 0, NULL);
}

// say_lane keeps the order of text across the two pipes. Text that waits in
// the other pipe is older: the kernel takes it first. The frame EV_LANE then
// tells which pipe to read first when a child writes to the other one.
static void say_lane(int lane) {
	if (waits(3 - lane)) lane_send_acked(EV_SYNC, 0, NULL);
	if (text_lane != lane) {
		text_lane = lane;
		struct host_part p = part_str(lane == 1 ? "1" : "2");
		lane_send(EV_LANE, 1, &p);
	}
}

static void put_text(int lane, const char *text, size_t len) {
	fflush(stdout);
	if (!forked) say_lane(lane);
	int keep = 0;
	if (R.R_ignore_SIGPIPE) {
		keep = *R.R_ignore_SIGPIPE;
		*R.R_ignore_SIGPIPE = 1; // or R's handler would jump out of the write
	}
	while (len > 0) {
		ssize_t n = write(lane, text, len);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0 && errno == EAGAIN) { // a child has made the pipe so (node, ssh)
			struct pollfd room = {.fd = lane, .events = POLLOUT};
			poll(&room, 1, -1);
			continue;
		}
		if (n < 0 && errno == EPIPE) orphaned();
		if (n <= 0) break;
		text += n;
		len -= (size_t)n;
	}
	if (R.R_ignore_SIGPIPE) *R.R_ignore_SIGPIPE = keep;
}

void lane_end_line(void) {
	size_t len = line.len;
	line.len = 0; // put_text sends frames, and comes back here
	if (len) put_text(1, line.data, len);
}

enum { LINE_MAX_KEPT = 1 << 16 };

void lane_text(int lane, const char *text, size_t len) {
	int goes_on = lane == 1 && !forked && line.len < LINE_MAX_KEPT && print_goes_on(text, len);
	if (lane != 1) lane_end_line();
	if (!line.len && !goes_on) {
		put_text(lane, text, len);
		return;
	}
	buf_add(&line, text, len);
	if (!goes_on) lane_end_line();
}
