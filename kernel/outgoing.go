package kernel

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// outboxSize is how many messages may wait between the kernel and its sockets.
// The sockets have queues of their own.
const outboxSize = 64

// outgoing is the one way out of a kernel: whatever it sends, on whichever
// socket, in the order in which it was put here (K3, K7).
//
// Stream text is held back for a while so that many pieces become one message.
// Nothing overtakes it: every other message sends it first.
//
// It has one goroutine, run, which sends text that was held back.
type outgoing struct {
	codec   *jupyter.Codec
	session *jupyter.Session
	sockets map[jupyter.Channel]Socket // read-only
	outbox  *zmq.Outbox
	topic   string // prefix of the topic frames on IOPub
	cfg     *Config
	flight  flight
	kick    chan struct{} // capacity 1: text may be due, or room may have come
	closec  chan struct{} // closed with closed being set

	// room is the lock of the fields below. Its condition: more output of the
	// language is welcome.
	room      gate
	text      []segment // text that is held back, in order
	textBytes int
	lastText  time.Time // when text was last sent
	heldSince time.Time // when the oldest text that is held back came
	timed     bool      // run knows when to look again
	heard     bool      // there has been a subscriber
	early     early     // what was published before
	closed    bool
}

func newOutgoing(cfg *Config, codec *jupyter.Codec, session *jupyter.Session,
	sockets map[jupyter.Channel]Socket) *outgoing {
	o := &outgoing{
		codec:   codec,
		session: session,
		sockets: sockets,
		outbox:  zmq.NewOutbox(outboxSize),
		topic:   "kernel." + session.ID + ".",
		cfg:     cfg,
		kick:    make(chan struct{}, 1),
		closec:  make(chan struct{}),
		room:    newGate(true),
	}
	o.flight.wake = o.wake
	return o
}

// soft is the number of bytes in flight up to which text is sent.
func (o *outgoing) soft() int { return max(o.cfg.Backlog/2, 1) }

// wake has run look at the text again. It does not block.
func (o *outgoing) wake() {
	select {
	case o.kick <- struct{}{}:
	default:
	}
}

// lockNow takes room at once, lockForOutput when more output is welcome. Both
// fail after close.
func (o *outgoing) lockNow() error {
	o.room.lock()
	return o.checkOpen()
}

func (o *outgoing) lockForOutput() error {
	if !o.room.waitAndLock(o.closec) {
		return ErrShutdown
	}
	return o.checkOpen()
}

// checkOpen gives room back if nothing can be sent any more.
func (o *outgoing) checkOpen() error {
	if o.closed {
		o.unlock()
		return ErrShutdown
	}
	return nil
}

// unlock gives room back, and arranges to be woken for what has to wait for
// slow subscribers.
func (o *outgoing) unlock() {
	if o.closed {
		o.room.unlock(true) // everybody in, to be told
		return
	}
	inFlight := o.flight.size()
	welcome := o.textBytes < o.soft() && inFlight < 2*o.soft()
	// Text with no time to go out waits for the subscribers, also if they have
	// caught up since that was decided. For the first one it waits without a look.
	if (!welcome || o.textBytes > 0 && o.heard) && (inFlight >= o.soft() || !o.timed) {
		o.flight.wakeBelow(o.soft())
	}
	o.room.unlock(welcome)
}

// run sends text that was held back when its time has come. It returns after
// close.
func (o *outgoing) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-o.kick:
		case <-timer.C:
		case <-o.closec:
			return
		}
		o.room.lock()
		wait := o.sendDueText()
		if o.timed = wait > 0; o.timed {
			timer.Reset(wait)
		}
		o.unlock()
	}
}

// sendDueText sends the text that is held back if it is time and if the
// subscribers keep up. A line that is not yet complete has an interval of its
// own to become so: languages print a line in pieces, and front ends show two
// messages as two lines. If there is something to wait for, it returns how
// long. The caller holds room.
func (o *outgoing) sendDueText() (wait time.Duration) {
	if len(o.text) == 0 || o.closed || o.flight.size() >= o.soft() {
		return 0
	}
	// So much text is not held back: the language would soon have to wait.
	much := o.textBytes >= o.soft()/4
	if !o.heard && !much {
		return 0 // nobody waits for it
	}
	if wait := o.cfg.StreamInterval - time.Since(o.lastText); wait > 0 && !much {
		return wait
	}
	last := &o.text[len(o.text)-1]
	wait = o.cfg.StreamInterval - time.Since(o.heldSince)
	if last.rest == 0 || wait <= 0 || much && last.lines == 0 {
		o.sendText()
		return 0
	}
	if len(o.text) == 1 && last.lines == 0 {
		return wait
	}
	rest := last.cutLines()
	o.sendText()
	o.heldSince = time.Now()
	o.holdSegment(rest)
	return wait
}

// sendText sends all text that is held back. The caller holds room.
func (o *outgoing) sendText() {
	for i := range o.text {
		s := o.text[i]
		o.text[i] = segment{}
		if s.size == 0 {
			continue
		}
		content := s.content()
		frames, err := o.encode(s.parent, content, nil)
		if err != nil { // cannot be: the content is JSON
			o.cfg.Logger.Error("kernel: stream text is lost", "err", err)
			continue
		}
		var sent func(error)
		if cap(content.json) >= longText {
			sent = func(error) { content.recycle() }
		}
		o.enqueue(jupyter.IOPub, frames, sent)
		o.lastText = time.Now()
	}
	o.text, o.textBytes = o.text[:0], 0
}

// stream publishes text, of which it keeps a copy. It blocks while the backlog is
// full.
func (o *outgoing) stream(parent json.RawMessage, name, text string) error {
	for len(text) > 0 {
		piece := cut(text, maxPiece)
		text = text[len(piece):]
		if err := o.lockForOutput(); err != nil {
			return err
		}
		o.hold(parent, name, piece)
		if o.sendDueText() > 0 && !o.timed {
			o.timed = true
			o.wake()
		}
		o.unlock()
	}
	return nil
}

// hold adds text to what is held back. The caller holds room.
func (o *outgoing) hold(parent json.RawMessage, name, text string) {
	if len(o.text) == 0 {
		o.heldSince = time.Now()
	}
	if join(o.text, parent, name, text) {
		o.textBytes += len(text)
		return
	}
	o.holdSegment(newSegment(parent, name, text))
}

// join adds text to the last of segments. It reports false if it does not belong
// there or has no room.
func join(segments []segment, parent json.RawMessage, name, text string) bool {
	if len(segments) == 0 {
		return false
	}
	last := &segments[len(segments)-1]
	return last.name == name && bytes.Equal(last.parent, parent) && last.add(text)
}

// holdSegment adds a segment to what is held back. The caller holds room.
func (o *outgoing) holdSegment(s segment) {
	o.text = append(o.text, s)
	o.textBytes += s.size + segmentSize // it becomes a message of its own
}

// welcome publishes c, the welcome of a new subscription (JEP 65). After that of the
// first, it publishes what starting returns, unless it is nil, and what was kept.
func (o *outgoing) welcome(c *jupyter.IOPubWelcome, starting func() jupyter.Content) error {
	frames, err := o.encode(nil, c, nil)
	if err != nil {
		return err
	}
	if err := o.lockNow(); err != nil {
		return err
	}
	defer o.unlock()
	o.sendText()
	first := !o.heard
	o.heard = true
	o.enqueue(jupyter.IOPub, frames, nil)
	if !first {
		return nil
	}
	if c := starting(); c != nil {
		if frames, err = o.encode(nil, c, nil); err != nil {
			return err
		}
		o.enqueue(jupyter.IOPub, frames, nil)
	}
	for _, m := range o.early.take() {
		o.enqueue(jupyter.IOPub, m.frames, m.done)
	}
	return nil
}

// cut returns the beginning of text, of about max bytes, without cutting a
// character in two.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	n := max
	for n > max-utf8.UTFMax && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// output publishes what a language shows. metadata is that of the message, a JSON
// object or nil. It blocks while the backlog is full.
func (o *outgoing) output(parent json.RawMessage, c jupyter.Content, metadata json.RawMessage,
	buffers [][]byte,
) error {
	frames, err := o.encode(parent, c, metadata)
	if err != nil {
		return err
	}
	if err := o.lockForOutput(); err != nil {
		return err
	}
	defer o.unlock()
	o.sendText()
	o.enqueue(jupyter.IOPub, append(frames, buffers...), nil)
	return nil
}

// publish publishes what the framework itself has to say, at once.
func (o *outgoing) publish(parent json.RawMessage, c jupyter.Content) error {
	frames, err := o.encode(parent, c, nil)
	if err != nil {
		return err
	}
	return o.put(jupyter.IOPub, frames, nil)
}

// send sends m on ch at once. done, if not nil, is called when it was handed to
// the operating system, or dropped.
func (o *outgoing) send(ch jupyter.Channel, m *jupyter.Message, done func(error)) error {
	frames, err := o.codec.Encode(m)
	if err != nil {
		return err
	}
	return o.put(ch, frames, done)
}

func (o *outgoing) put(ch jupyter.Channel, frames [][]byte, done func(error)) error {
	if err := o.lockNow(); err != nil {
		return err
	}
	defer o.unlock()
	o.sendText()
	o.enqueue(ch, frames, done)
	return nil
}

// encode makes the frames of a message to the subscribers.
func (o *outgoing) encode(parent json.RawMessage, c jupyter.Content, metadata json.RawMessage,
) ([][]byte, error) {
	m, err := o.session.New(parent, c)
	if err != nil {
		return nil, err
	}
	m.Metadata = metadata
	m.Identities = [][]byte{[]byte(o.topicOf(c))}
	return o.codec.Encode(m)
}

// topicOf returns the topic of a message. Front ends subscribe to all topics;
// the form is ipykernel's. A welcome must reach those who made the subscription,
// so that is its topic.
func (o *outgoing) topicOf(c jupyter.Content) string {
	switch c := c.(type) {
	case *jupyter.IOPubWelcome:
		return c.Subscription
	case *streamContent:
		return o.topic + "stream." + c.name
	}
	return o.topic + c.MsgType()
}

// enqueue puts a message into the FIFO, or keeps it if it is for the first
// subscriber. The caller holds room.
func (o *outgoing) enqueue(ch jupyter.Channel, frames [][]byte, done func(error)) {
	if ch == jupyter.IOPub {
		if !o.heard {
			o.keepEarly(frames, done)
			return
		}
		size := sizeOf(frames)
		batch, sent := o.flight.start(size), done
		done = func(err error) {
			o.flight.end(batch, size)
			if sent != nil {
				sent(err)
			}
		}
	}
	item := zmq.Item{To: o.sockets[ch], Message: zmq.Message{Frames: frames}, Done: done}
	select {
	case o.outbox.Send() <- item:
	case <-o.outbox.Done():
		if done != nil {
			done(ErrShutdown)
		}
	}
}

// flush sends what is held back and returns a channel that is closed when
// everything published before was handed to the operating system or dropped.
func (o *outgoing) flush() <-chan struct{} {
	if o.lockNow() != nil {
		c := make(chan struct{})
		close(c)
		return c
	}
	defer o.unlock()
	o.sendText()
	return o.flight.landed()
}

// close sends what is held back, then accepts nothing any more. It returns when
// everything was given to the sockets.
func (o *outgoing) close() {
	if o.lockNow() != nil {
		return
	}
	o.sendText()
	o.closed = true
	close(o.closec)
	o.unlock()
	o.outbox.Close()
}
