/* The hand-off from the goroutines that send to the thread that owns the
 * libzmq sockets: producers, notifier, PAIR, forwarder, shutdown. The names
 * are those of the Go code; an atomic block is what happens with f.mu held.
 *
 * Checked: each accepted message is handed over exactly once and in order, or
 * is counted as dropped when its socket closes; no wake-up is lost; nothing
 * deadlocks; shutdown ends. Each macro that begins with BROKEN makes a mistake
 * that these checks must find. model_test.go runs all of it.
 */

#define PRODUCERS 2
#ifndef MESSAGES
#define MESSAGES  2	/* of each producer; the nth goes to socket n % SOCKETS */
#endif
#ifndef SOCKETS
#define SOCKETS   2
#endif
#define SENDQUEUE 2	/* Config.SendQueue */
#define PAIRHWM   3	/* there is none in the code: this many suffice */
#define ITEMS     8

/* What an item does besides carrying a message of a producer. */
#define SHUT PRODUCERS
#define LOOK (PRODUCERS + 1)

chan queue   = [ITEMS] of { byte, byte, byte };	/* producer, message, socket */
chan notifyc = [1] of { bit };
chan pair    = [PAIRHWM] of { bit };

bool asleep, stopping, stopped;
bool stopc, pairc, donec;		/* true: closed */
bool closed[SOCKETS];
byte queued[SOCKETS];

/* What libzmq and its peers do. */
bool noRoom[SOCKETS];		/* no peer has room */
bool ready;			/* there is something to receive */
bool shut[SOCKETS];		/* zmq_close was called */
bool monitor[SOCKETS];		/* libzmq is done with the socket */

/* What is checked. */
byte accepted, handed, dropped;
bool seen[PRODUCERS * MESSAGES];	/* handed over */
chan order = [PRODUCERS * MESSAGES] of { byte };	/* accepted, by age */
bool wasFull;	/* only then may a message overtake one for another socket */

#define message(p, n) ((p) * MESSAGES + (n))

/* enqueue puts an item on the queue and wakes a sleeping forwarder. */
inline enqueue(p, n, s) {
	queue ! p, n, s;
	wake()
}

inline wake() {
	if
	:: asleep ->
		asleep = false;
		notify()
	:: else
	fi
}

inline notify() {
	if
	:: len(notifyc) == 0 -> notifyc ! 1
	:: else		/* one is due already */
	fi
}

/* producer calls accept for each of its messages. */
proctype producer(byte p) {
	byte n, s;
	for (n : 0 .. MESSAGES - 1) {
		s = n % SOCKETS;
#ifdef BROKEN_WAKE_FIRST
		atomic { wake() }
#endif
		atomic {
			closed[s] || queued[s] < SENDQUEUE;	/* room.Wait */
			if
			:: closed[s]
			:: else ->
				queued[s]++;
				accepted++;
				order ! message(p, n);
#ifdef BROKEN_WAKE_FIRST
				queue ! p, n, s
#else
				enqueue(p, n, s)
#endif
			fi
		}
	}
}

active proctype notifier() {
	do
#ifdef BROKEN_CLEAR_LATE
	:: len(notifyc) > 0 ->
#else
	:: notifyc ? _ ->
#endif
		atomic {
			assert(nfull(pair));	/* wake-ups do not pile up */
			pair ! 1
		}
#ifdef BROKEN_CLEAR_LATE
		notifyc ? _
#endif
#ifdef BROKEN_NOTIFIER_FIRST
	:: stopping -> break
#endif
	:: stopc -> break
	od;
	pairc = true
}

/* settle ends a message that libzmq took. */
inline settle(p, n, s) {
	atomic {
		assert(!seen[message(p, n)]);
		seen[message(p, n)] = true;
		assert(n < SOCKETS || seen[message(p, n - SOCKETS)]);	/* per producer and socket */
		if
		:: order ? eval(message(p, n))
		:: !(order ? [eval(message(p, n))]) ->
			assert(wasFull);
			order ?? eval(message(p, n))
		fi;
		queued[s]--;
		handed++
	}
}

/* drop ends a message of a socket that closes. */
inline drop(p, n, s) {
	atomic {
		order ?? eval(message(p, n));
		queued[s]--;
		dropped++
	}
}

#define left(s)    (monitor[s] && !gone[s])
#define canPush(s) (len(pending[s]) > 0 && !noRoom[s])

/* handOver does what an item on the queue asks for. */
inline handOver(p, n, s) {
	if
	:: p == SHUT ->
		do
#ifdef BROKEN_FORGET
		:: pending[s] ? _, _, _
#else
		:: pending[s] ? p, n, s -> drop(p, n, s)
#endif
		:: len(pending[s]) == 0 -> break
		od;
		shut[s] = true
	:: p == LOOK
	:: p < PRODUCERS && shut[s] -> drop(p, n, s)
#ifdef BROKEN_OVERTAKE
	:: p < PRODUCERS && !shut[s] && !noRoom[s] -> settle(p, n, s)
	:: p < PRODUCERS && !shut[s] && noRoom[s] -> pending[s] ! p, n, s
#else
	:: p < PRODUCERS && !shut[s] && len(pending[s]) == 0 && !noRoom[s] -> settle(p, n, s)
	:: p < PRODUCERS && !shut[s] && (len(pending[s]) > 0 || noRoom[s]) -> pending[s] ! p, n, s
#endif
	fi
}

active proctype forwarder() {
	chan taken = [ITEMS] of { byte, byte, byte };
	chan pending[SOCKETS] = [PRODUCERS * MESSAGES] of { byte, byte, byte };
	byte sockets = SOCKETS;		/* len(f.sockets) */
	bool gone[SOCKETS];
	byte p, n, s;
	bool idle;

	do
	:: true ->
		/* rest */
#ifdef BROKEN_ASLEEP_LATE
		idle = len(queue) == 0;
#endif
		atomic {
#ifdef BROKEN_ASLEEP_BLINDLY
			idle = true;
#else
#ifndef BROKEN_ASLEEP_LATE
			idle = len(queue) == 0;
#endif
#endif
			asleep = idle;
#ifdef BROKEN_STOP_EARLY
			stopped = stopping
#else
			stopped = idle && stopping && sockets == 0
#endif
		}
		if
		:: stopped -> break
		:: else
		fi;
		if	/* poll */
		:: !idle
		:: len(pair) > 0
		:: ready
		:: canPush(0) || canPush(SOCKETS - 1)
		:: left(0) || left(SOCKETS - 1)
		fi;
		asleep = false;

		/* receive */
		atomic {
			do
			:: pair ? _
			:: len(pair) == 0 -> break
			od;
			ready = false;
			for (s : 0 .. SOCKETS - 1) {
				if
				:: left(s) -> gone[s] = true; sockets--
				:: else
				fi
			}
		}

		/* take */
		atomic {
			do
			:: queue ? p, n, s -> taken ! p, n, s
			:: len(queue) == 0 -> break
			od
		}

		/* dispatch */
		atomic {
			do
			:: taken ? p, n, s -> handOver(p, n, s)
			:: len(taken) == 0 -> break
			od;
			for (s : 0 .. SOCKETS - 1) {	/* retry */
				do
				:: canPush(s) -> pending[s] ? p, n, s; settle(p, n, s)
				:: !canPush(s) -> break
				od
			}
			p = 0; n = 0; s = 0; idle = false
		}
	od;
	assert(accepted == handed + dropped);
	stopc = true;
	pairc;
	donec = true
}

/* libzmq: peers are full and have room again, messages come, sockets that
 * were closed come to their end. */
active proctype libzmq() {
	if
	:: atomic { noRoom[0] = true; wasFull = true }
	:: atomic { noRoom[SOCKETS - 1] = true; wasFull = true }
	:: skip
	fi;
	if
	:: ready = true
	:: skip
	fi;
	noRoom[0] = false;
	noRoom[SOCKETS - 1] = false
}

proctype reaper(byte s) {
	shut[s];
	monitor[s] = true
}

/* closer is Forwarder.Close. */
proctype closer() {
	byte s;
	atomic { stopping = true; enqueue(LOOK, 0, 0) }
	for (s : 0 .. SOCKETS - 1) {
		atomic { closed[s] = true }
		atomic { enqueue(SHUT, 0, s) }
	}
	donec
}

init {
	byte s;
	atomic {
		run producer(0);
		run producer(1);
		for (s : 0 .. SOCKETS - 1) {
			run reaper(s)
		}
#ifdef SHUTDOWN
		run closer()
#endif
	}
	/* Nothing moves any more. */
	timeout;
#ifdef SHUTDOWN
	assert(donec)
#else
	assert(accepted == PRODUCERS * MESSAGES && handed == accepted)
#endif
}
