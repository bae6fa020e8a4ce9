package kernel

import (
	"strings"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
)

// When a request fails, the requests behind it are aborted: those that were
// received (K6), and those that their sender had sent when it could not yet know
// of the failure. A front end that runs all cells sends them within
// milliseconds, and a cell may fail before the last of them has arrived.
//
// No timer decides which ones these are, but the dates in the headers of one
// client: a request that it made, by its own clock, sooner after the failed one
// than that one took from its arrival to its failure was made before the client
// could have the reply. Only differences on one clock are compared, so that it
// does not matter how late the clocks of the two machines are.

// maxBurst is the longest time to failure for which dates count. What was sent
// together has been received after that, and the clocks of two machines do not
// run equally fast.
const maxBurst = time.Second

// maxSessions bounds the clients that are remembered.
const maxSessions = 64

// bursts are what is known about the requests of each client, by session. The
// reader of shell owns them.
type bursts map[string]*burst

// A burst is the requests of a client that were sent together with one that
// failed: those whose dates are not older than from, and certainly younger than
// until.
type burst struct {
	first       string // the first date of the client
	moving      bool   // it had other dates too: they tell the time
	from, until time.Time
}

// failed says that in has failed after a time.
func (b bursts) failed(in *incoming, after time.Duration) {
	client := b[in.msg.Header.Session]
	date, _, ok := parseDate(in.msg.Header.Date)
	if client != nil && ok && after <= maxBurst {
		// A tenth less, for clocks that do not run equally fast.
		client.from, client.until = date, date.Add(after-after/10)
	}
}

// includes reports whether the sender of in could not know of a failure. It has
// to be asked about every request, in order.
func (b bursts) includes(in *incoming) bool {
	h := in.msg.Header
	client := b[h.Session]
	if client == nil {
		if len(b) >= maxSessions {
			clear(b)
		}
		b[h.Session] = &burst{first: h.Date}
		return false
	}
	client.moving = client.moving || h.Date != client.first
	date, unit, ok := parseDate(h.Date)
	if ok && client.moving && !date.Before(client.from) && !date.Add(unit).After(client.until) {
		return true
	}
	client.until = time.Time{} // what comes later was sent later
	return false
}

// parseDate parses the date of a header. unit is its precision: the true time
// is less than unit later.
func parseDate(s string) (date time.Time, unit time.Duration, ok bool) {
	date, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		date, err = time.Parse("2006-01-02T15:04:05.999999999", s)
	}
	if err != nil {
		return time.Time{}, 0, false
	}
	unit = time.Second
	if _, fraction, ok := strings.Cut(s, "."); ok {
		digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
		for range min(digits, 9) {
			unit /= 10
		}
	}
	return date, unit, true
}

// An abort asks the reader of shell to abort what was received, and what was
// sent too early to know of the failure of in.
type abort struct {
	in   *incoming
	done chan struct{} // closed when that was done
}

// abortReceived aborts the execute requests that belong to the failure of in.
// The worker calls it before it sends the reply: what a client sends after it
// has seen that reply runs.
func (s *Server) abortReceived(in *incoming) {
	a := abort{in, make(chan struct{})}
	select {
	case s.aborts <- a:
		<-a.done
	case <-s.drainc:
	}
}

// abortWaiting marks the execute requests among waiting as aborted.
func abortWaiting(waiting []*incoming) {
	for _, in := range waiting {
		if in.msg.Header.MsgType == jupyter.TypeExecuteRequest {
			in.aborted = true
		}
	}
}
