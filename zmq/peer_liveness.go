package zmq

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq/internal/zmtp"
)

// liveness is what is known of whether the peer is alive.
type liveness struct {
	mu      sync.Mutex
	timer   *time.Timer // nil: nobody asked, by configuration or by TTL
	last    time.Time   // when something was read, or the reader was unparked
	ttl     time.Duration
	pinging bool // a PING was handed over and nothing was heard since
	pinged  time.Time
	queued  bool // a PING is on its way out and nothing was heard since it was queued
	ended   bool
}

var errSilent = errors.New("peer is silent")

// startLiveness begins to watch the peer if the configuration says so.
func (p *Peer) startLiveness() {
	l := &p.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = time.Now()
	if p.s.cfg.HeartbeatInterval > 0 && p.speaks31() {
		l.timer = time.AfterFunc(p.s.cfg.HeartbeatInterval, p.checkLiveness)
	}
}

// speaks31 reports whether the peer knows the commands of ZMTP 3.1.
func (p *Peer) speaks31() bool { return p.major > 3 || p.minor >= 1 }

func (p *Peer) stopLiveness() {
	l := &p.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.timer != nil {
		l.timer.Stop()
	}
}

// heard notes that n octets were read. "A peer SHOULD treat any incoming
// traffic (not just a PONG reply) as a sign of life."
func (p *Peer) heard(n int) {
	l := &p.live
	l.mu.Lock()
	if n > 0 && l.timer != nil {
		l.last, l.pinging, l.queued = time.Now(), false, false
	}
	l.mu.Unlock()
}

// unpark says that the reader goes on: silence counts from now.
func (p *Peer) unpark() {
	p.heard(1) // first, or checkLiveness finds a peer that was silent while we waited
	p.parked.Store(false)
}

// pinged answers a PING and remembers its TTL.
func (p *Peer) pinged(data []byte) error {
	ttl, context, err := zmtp.ParsePing(data)
	if err != nil {
		return err
	}
	if ttl > 0 {
		p.live.mu.Lock()
		p.live.ttl = time.Duration(ttl) * 100 * time.Millisecond
		p.live.last = time.Now()
		p.scheduleLiveness()
		p.live.mu.Unlock()
	}
	// Only the last PING of several is answered: a peer that sends them and
	// does not read costs no memory.
	p.mu.Lock()
	p.pong = zmtp.AppendCommand(nil, zmtp.CmdPong, context)
	p.mu.Unlock()
	p.flush()
	return nil
}

// checkLiveness runs when something may be due: a PING, or the end of a peer
// that was silent for too long.
func (p *Peer) checkLiveness() {
	l := &p.live
	cfg := &p.s.cfg
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return
	}
	now := time.Now()
	silent := l.ttl > 0 && now.Sub(l.last) >= l.ttl || l.pinging && now.Sub(l.pinged) >= cfg.HeartbeatTimeout
	if silent && p.parked.Load() {
		// The reader waits for the user, so it is not the peer that is silent.
		l.last, l.pinged, silent = now, now, false
	}
	if silent {
		l.mu.Unlock()
		p.fail(p.fault(errSilent))
		return
	}
	ping := cfg.HeartbeatInterval > 0 && p.speaks31() && !l.pinging && !l.queued &&
		now.Sub(l.last) >= cfg.HeartbeatInterval
	l.queued = l.queued || ping
	p.scheduleLiveness()
	l.mu.Unlock()
	if ping {
		ttl := uint16(max(cfg.HeartbeatTTL, 0) / (100 * time.Millisecond))
		p.ping(zmtp.AppendPing(nil, ttl, nil))
	}
}

// ping queues a PING, unless the peer takes so little that the last one is
// still there.
func (p *Peer) ping(body []byte) {
	p.mu.Lock()
	waits := slices.ContainsFunc(p.controls, func(f controlFrame) bool { return f.sent != nil })
	if !waits {
		p.controls = append(p.controls, controlFrame{flags: zmtp.Command, body: body, sent: p.pingSent})
	}
	p.mu.Unlock()
	p.flush()
}

// pingSent notes that a PING was handed over: from now on the peer has time
// to answer. It may have done so already.
func (p *Peer) pingSent() {
	l := &p.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.queued {
		l.queued, l.pinging, l.pinged = false, true, time.Now()
	}
	p.scheduleLiveness()
}

// scheduleLiveness sets the timer to when something may be due next. live.mu
// is held.
func (p *Peer) scheduleLiveness() {
	l := &p.live
	if l.ended {
		return
	}
	cfg := &p.s.cfg
	wait := time.Duration(1<<63 - 1)
	now := time.Now()
	if l.ttl > 0 {
		wait = min(wait, l.last.Add(l.ttl).Sub(now))
	}
	if cfg.HeartbeatInterval > 0 && p.speaks31() {
		if l.pinging {
			wait = min(wait, l.pinged.Add(cfg.HeartbeatTimeout).Sub(now))
		} else if next := l.last.Add(cfg.HeartbeatInterval).Sub(now); next > 0 {
			wait = min(wait, next)
		} else {
			wait = min(wait, cfg.HeartbeatInterval) // a PING is due or on its way
		}
	}
	wait = max(wait, time.Millisecond)
	if l.timer == nil {
		l.timer = time.AfterFunc(wait, p.checkLiveness)
	} else {
		l.timer.Reset(wait)
	}
}
