//go:build linux || darwin

package rkernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/adrastea-kernel/adrastea/kernel"
)

// pumpState is what the goroutine that reads R's lanes knows.
type pumpState struct {
	in        []byte       // the beginning of a frame
	first     int          // the pipe to read first: R wrote to it last
	decoders  [3]decoder   // by pipe
	tail      []byte       // the end of what came on stderr
	value     bytes.Buffer // as it came: what is R's is counted in bytes
	collect   bool         // text on stdout is the last value's
	sockEnded bool
	tempDir   string // R's, to be removed when R cannot
	buf       [256 << 10]byte
}

// tailSize is how much of stderr is kept for the report on R's death.
const tailSize = 2000

// runPump reads the lanes until R has ended.
//
// R2: on an event it first takes what is in the pipes, then acts, then
// acknowledges; R waits meanwhile. Text that comes without an event is taken
// as it comes. R never writes to one pipe while its text waits in the other,
// so what waits in both at once is R's in one of them, the one it named last
// with evLane, and a child's in the other: R's is older.
func (p *process) runPump() {
	p.pump.first = 1
	var still time.Duration
	for {
		ended, err := p.listener.wait(still, p.text[p.pump.first])
		if err != nil {
			p.logger.Error("listen to R", "error", err)
			p.signal(unix.SIGKILL)
			p.wake[0].Read(p.pump.buf[:1]) // until reap has heard of it
		}
		if ended || err != nil {
			break
		}
		waiting := p.look()
		if p.pump.sockEnded {
			p.listener.leaveSocket()
		}
		still = 0
		if n := waiting[1] + waiting[2]; n > 0 && n < restBelow {
			still = rest
		}
	}
	p.events()
	p.drain()
	p.closeLanes()
	p.ended()
}

// R prints in small pieces. While they come, the pump does not hear R's pipe for a
// moment after each look at it, so that a piece wakes nobody: that is most of what it
// costs. What comes in large pieces is taken at once, and so is a child's text in the
// other pipe, before there can be newer text in both.
const (
	rest      = 2 * time.Millisecond
	restBelow = 32 << 10
)

// look handles the events that have arrived and takes the text that has. It
// returns how much of that it saw.
func (p *process) look() [3]int {
	for {
		// Looked at before the events, so that none can lie between.
		waiting, first := p.waiting(), p.pump.first
		switch took := p.events(); {
		case took:
			return waiting
		case first == p.pump.first:
			p.take(waiting)
			return waiting
		}
		// R's text may have come between the looks at the two pipes, and a
		// child's after it: the look has to be in the other order.
	}
}

// waiting returns how many bytes are in each pipe. R's own are counted last: so
// that where a child's are counted, those are that R wrote before.
func (p *process) waiting() [3]int {
	var n [3]int
	for _, lane := range [2]int{3 - p.pump.first, p.pump.first} {
		n[lane] = unread(p.text[lane])
	}
	return n
}

// drain takes everything that is in the pipes now.
func (p *process) drain() { p.take(p.waiting()) }

// take publishes n bytes from each pipe.
func (p *process) take(n [3]int) {
	first := p.pump.first
	for _, lane := range [2]int{first, 3 - first} {
		for n[lane] > 0 {
			b := p.pump.buf[:min(n[lane], len(p.pump.buf))]
			k, err := readPipe(p.text[lane], b)
			if err == unix.EINTR {
				continue
			}
			if err != nil || k == 0 {
				break
			}
			n[lane] -= k
			if lane == 1 && p.pump.collect {
				p.pump.value.Write(b[:k])
				continue
			}
			p.show(lane, p.pump.decoders[lane].decode(b[:k]))
		}
	}
}

var streamNames = [3]string{1: "stdout", 2: "stderr"}

// show publishes text.
func (p *process) show(lane int, text []byte) {
	if len(text) == 0 {
		return
	}
	if lane == 2 {
		p.pump.tail = append(p.pump.tail, text[max(0, len(text)-tailSize):]...)
		p.pump.tail = p.pump.tail[max(0, len(p.pump.tail)-tailSize):]
	}
	p.stream(streamNames[lane], text)
}

// flushValue publishes, as text, what came of the last value so far.
func (p *process) flushValue() {
	if p.pump.collect {
		p.stream("stdout", []byte(escapeInvalid(p.pump.value.Bytes())))
		p.pump.value.Reset()
	}
}

// stream publishes text where R's output goes now.
func (p *process) stream(name string, text []byte) {
	if err := p.output().StreamBytes(name, text); err != nil {
		p.logger.Error("publish text", "stream", name, "error", err)
	}
}

// output is where R's output goes now.
func (p *process) output() output {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out
}

// flushText publishes what decoders hold back: no more of it will come.
func (p *process) flushText() {
	for lane := 1; lane <= 2; lane++ {
		p.show(lane, p.pump.decoders[lane].flush())
	}
}

// events handles the frames that have arrived. It says whether one of them
// made it take text.
func (p *process) events() (took bool) {
	for !p.pump.sockEnded {
		n, err := receive(p.sock, p.pump.buf[:])
		if err == unix.EINTR {
			continue
		}
		if err == unix.EAGAIN {
			break
		}
		if err != nil || n == 0 {
			p.pump.sockEnded = true
			break
		}
		p.pump.in = append(p.pump.in, p.pump.buf[:n]...)
	}
	rest := p.pump.in
	for {
		f, after, ok, err := cutFrame(rest)
		if err != nil {
			p.logger.Error("read R's events", "error", err)
			p.signal(unix.SIGKILL) // its memory is broken
			rest = nil
			break
		}
		if !ok {
			break
		}
		rest = after
		// Where R goes on at once, what waits in the pipes may be newer.
		if waitsFor(f.kind) {
			p.drain()
			took = true
		}
		p.event(f)
	}
	switch {
	case len(rest) == 0 && cap(p.pump.in) > 1<<20:
		p.pump.in = nil // a large frame was an exception
	case len(rest) < len(p.pump.in): // a large frame comes in many pieces
		p.pump.in = append(p.pump.in[:0], rest...)
	}
	return took
}

// waitsFor says that R waits after an event of this kind.
func waitsFor(kind byte) bool {
	switch kind {
	case evSync, evResult, evValue, evReady, evInput, evDone, evUser, evStop, evReturn:
		return true
	}
	return false
}

// event acts on a frame. If R waits for it, all text from before it has been
// taken.
func (p *process) event(f frame) {
	switch f.kind {
	case evLane:
		p.pump.first = 1
		if f.part(0) == "2" {
			p.pump.first = 2
		}
	case evSync:
		p.ack()
	case evResult:
		p.flushText()
		p.pump.collect = true
		p.ack()
	case evValue:
		p.completeValue(f)
		p.ack()
	case evTemp:
		p.pump.tempDir = f.part(0)
	case evReady:
		p.load()
		p.configureDebugger()
		close(p.readyc)
	case evBegin:
		p.began(f.part(0))
	case evInput:
		p.asked(f)
	case evStop:
		p.stoppedAt(f)
	case evResumed:
		p.resumed(f)
	case evDone:
		p.finished(f)
		p.ack()
	case evUser:
		p.ackUser(p.userEvent(f))
	case evReturn:
		p.returned(f)
		p.ack()
	case evNudged:
		p.nudged(f)
	case evExit, evFatal:
		p.noteEnd(f)
	default:
		p.logger.Error("unknown event from R", "kind", string(f.kind))
	}
}

func (p *process) ack() {
	if err := p.send(cmdAck); err != nil {
		p.logger.Debug("acknowledge", "error", err)
	}
}

// ackUser acknowledges an event of R code; err, which may be nil, becomes an error
// of that code. Of the end of the kernel R hears otherwise.
func (p *process) ackUser(err error) {
	if err == nil || errors.Is(err, kernel.ErrShutdown) {
		p.ack()
		return
	}
	text := err.Error() // in R no package of ours has a name
	for _, name := range []string{"kernel: ", "jupyter: "} {
		text = strings.TrimPrefix(text, name)
	}
	if err := p.send(cmdAck, text); err != nil {
		p.logger.Debug("acknowledge", "error", err)
	}
}

// userEvent acts on an event of R code of ours: display and others.
func (p *process) userEvent(f frame) error {
	if len(f.parts) == 0 {
		return errors.New("an event has a kind")
	}
	out, parts := p.output(), f.parts[1:]
	switch kind := f.part(0); kind {
	case "display":
		return displayEvent(out, parts)
	case "clear":
		return clearEvent(out, parts)
	case "log":
		p.logger.Error("R code of the kernel", "message", f.part(1))
		return nil
	case "page":
		return p.page(out, parts)
	case "breakpoint":
		if p.debugger == nil {
			return nil
		}
		return p.debugger.said(parts)
	case "comm_open", "comm_msg", "comm_close":
		if p.comms == nil {
			return nil
		}
		return p.comms.event(kind, parts)
	default:
		return fmt.Errorf("unknown event %q", kind)
	}
}

// page adds a payload to the running cell's reply; between cells there is no
// reply, and the page is shown.
func (p *process) page(out output, parts [][]byte) error {
	payload, err := pagePayload(parts)
	if err != nil {
		return err
	}
	p.mu.Lock()
	r := p.run
	p.mu.Unlock()
	if r != nil {
		r.payload = addPage(r.payload, payload)
		return nil
	}
	data, err := bundleData(parts[1:])
	if err != nil {
		return err
	}
	return out.Display(data, nil, "")
}

func (p *process) noteEnd(f frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.kind == evFatal {
		p.end.fatal = f.part(0)
		return
	}
	p.end.wanted = true
}

// ended tells everybody who waits that R is gone.
func (p *process) ended() {
	p.flushText()
	p.flushValue()
	if dir := p.pump.tempDir; strings.HasPrefix(filepath.Base(dir), "Rtmp") {
		os.RemoveAll(dir) // R itself does so when it ends in peace
	}
	// Before others start the next R, whose comms these are not.
	if p.comms != nil {
		if err := p.comms.lost(); err != nil {
			p.logger.Debug("close the comms of an R that has ended", "error", err)
		}
	}
	p.mu.Lock()
	close(p.done) // from here nobody enters
	r, calls, parked := p.run, p.calls, p.parked
	stopped := p.stopped
	p.run, p.calls, p.parked, p.stopped = nil, nil, nil, nil
	p.endPromptLocked()
	var o outcome
	if r != nil {
		o = p.endOutcomeLocked(r)
		_, again := errors.AsType[*notBegunError](o.err)
		p.end.told = !again
	}
	p.mu.Unlock()
	if parked != nil {
		parked.cancel()
	}
	if stopped != nil {
		p.debugger.resumed()
	}
	for _, c := range calls {
		c.result <- callResult{err: p.endError()}
	}
	if r != nil {
		r.end(o)
	}
}
