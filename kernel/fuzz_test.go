package kernel_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/kernel"
	"github.com/adrastea-kernel/adrastea/kernel/kerneltest"
)

// sign signs the four frames before content's end, as a client that knows the
// key and means ill could. Each call with another n makes another message: a
// replay would be dropped.
func sign(key jupyter.Key, frames [][]byte, n int) [][]byte {
	frames = slices.Clone(frames)
	for i, f := range frames {
		if string(f) == "<IDS|MSG>" && len(frames) >= i+6 {
			frames[i+2] = append(bytes.Clone(frames[i+2]), bytes.Repeat([]byte{' '}, n)...)
			h := hmac.New(sha256.New, []byte(key.Reveal()))
			for _, p := range frames[i+2 : i+6] {
				h.Write(p)
			}
			frames[i+1] = []byte(hex.EncodeToString(h.Sum(nil)))
			break
		}
	}
	return frames
}

// attack sends frames to every channel but those that end the kernel, once as
// they are and once signed.
func attack(c *kerneltest.Client, frames [][]byte) {
	for n, ch := range jupyter.Channels() {
		if ch != jupyter.IOPub {
			c.SendFrames(ch, frames)
			c.SendFrames(ch, sign(c.Kernel.Info.Key, frames, n))
		}
	}
	if c.Kernel.Net == nil {
		return // a SUB socket sends nothing but subscriptions
	}
	for _, f := range frames {
		c.SendFrames(jupyter.IOPub, [][]byte{f})
	}
}

// stillWorks has the kernel serve a good request on every channel after so many
// attacks, and throws away what else came.
func stillWorks(c *kerneltest.Client, attacks int) {
	// Nobody asks, so all that they sent on stdin is dropped; what comes later
	// would be an answer.
	c.AwaitDropped(jupyter.Stdin, 2*attacks)
	// Interrupts that were sent before must not hit what follows, and code that
	// fails must not abort it.
	for _, ch := range []jupyter.Channel{jupyter.Control, jupyter.Shell} {
		r := c.Request(ch, &jupyter.KernelInfoRequest{})
		c.Await(r, ch, jupyter.TypeKernelInfoReply)
		awaitIdle(c, r)
	}
	r := c.Execute("ask x\nout well")
	c.Await(r, jupyter.IOPub, jupyter.TypeExecuteInput)
	c.Answer(c.Await(r, jupyter.Stdin, jupyter.TypeInputRequest), "")
	c.Await(r, jupyter.IOPub, jupyter.TypeStream)
	c.Await(r, jupyter.Shell, jupyter.TypeExecuteReply)
	awaitIdle(c, r)
	c.AwaitHeartbeat([]byte("all is well"))
	c.Forget()
}

// awaitIdle waits for the busy and the idle of r.
func awaitIdle(c *kerneltest.Client, r *jupyter.Message) {
	c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
	c.Await(r, jupyter.IOPub, jupyter.TypeStatus)
}

// FuzzKernel sends what it is given to all five sockets of a kernel, once as it
// is and once with a right signature: the next good request is answered.
func FuzzKernel(f *testing.F) {
	sep := []byte{0xfe}
	header := `{"msg_id":"1","msg_type":"execute_request","session":""}`
	for _, frames := range []string{
		"",
		"<IDS|MSG>",
		"<IDS|MSG>\xfe\xfe" + header + "\xfe{}\xfe{}\xfe{\"code\":\"out x\"}",
		"<IDS|MSG>\xfe\xfe" + header + "\xfe{}\xfe{}\xfe{\"code\":\"fail\"}",
		"<IDS|MSG>\xfe\xfe{\"msg_id\":\"1\",\"msg_tYpe\":\"x\"}\xfe{}\xfe{}\xfe{}",
		"x\xfe<IDS|MSG>\xfe\xfe" + header + "\xfe{}\xfe{}\xfe{\"code\":1}\xfebuffer",
		"<IDS|MSG>\xfe\xfe" + header + "\xfe[]\xfe3\xfe{",
		"<IDS|MSG>\xfe\xfe{\"msg_id\":\"1\",\"msg_type\":\"comm_open\"}\xfe{}\xfe{}\xfe{\"comm_id\":\"1\",\"target_name\":\"echo\"}",
		"<IDS|MSG>\xfe\xfe{\"msg_id\":\"1\",\"msg_type\":\"input_reply\"}\xfe{}\xfe{}\xfe{\"value\":\"1\"}",
		"<IDS|MSG>\xfe\xfe{\"msg_id\":\"1\",\"msg_type\":\"history_request\"}\xfe{}\xfe{}\xfe{\"hist_access_type\":\"search\",\"pattern\":\"**\"}",
		"\x01prefix\xfe\x00prefix",
	} {
		f.Add([]byte(frames))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frames := bytes.Split(b, sep)
		// What ends the kernel, or keeps the script busy for ever, is no fault.
		for _, word := range []string{"shutdown", "wait", "stuck", "exit", "ask", "flood", "pause", "wide", "big"} {
			if bytes.Contains(b, []byte(word)) || bytes.Contains(b, []byte("\\u")) {
				return
			}
		}
		c := kerneltest.Start(t, newScript(), &kerneltest.Options{Config: &kernel.Config{StreamInterval: -1}})
		attack(c, frames)
		stillWorks(c, 1)
	})
}

// TestRandomMultiparts does over every transport, with random changes of good
// messages, what FuzzKernel does in memory.
func TestRandomMultiparts(t *testing.T) { run(t, testRandomMultiparts) }

func testRandomMultiparts(t *testing.T, opt *kerneltest.Options) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 2))
	c := kerneltest.Start(t, newScript(), opt)
	for i := range 15 {
		for range 10 {
			attack(c, mutate(rng, goodRequest(rng)))
		}
		stillWorks(c, 10*(i+1))
	}
}

// goodRequest returns the frames of a request, unsigned.
func goodRequest(rng *rand.Rand) [][]byte {
	contents := []string{
		`execute_request {"code":"out x"}`, `complete_request {"code":"x","cursor_pos":1}`,
		`comm_open {"comm_id":"1","target_name":"echo","data":{}}`, `comm_msg {"comm_id":"1","data":{}}`,
		`history_request {"n":1}`, `is_complete_request {"code":""}`, `input_reply {"value":"x"}`,
		`interrupt_request {}`, `debug_request {}`, `kernel_info_request {}`, `comm_info_request {}`,
	}
	typ, content, _ := bytes.Cut([]byte(contents[rng.IntN(len(contents))]), []byte(" "))
	header := `{"msg_id":"` + jupyter.NewID() + `","msg_type":"` + string(typ) + `","session":"x"}`
	return [][]byte{[]byte("<IDS|MSG>"), nil, []byte(header), []byte("{}"), []byte("{}"), content}
}

// mutate changes frames at random: bytes, cuts, copies, losses.
func mutate(rng *rand.Rand, frames [][]byte) [][]byte {
	for range rng.IntN(4) {
		i := rng.IntN(len(frames))
		f := bytes.Clone(frames[i])
		switch n := rng.IntN(5); {
		case n == 0 && len(f) > 0:
			f[rng.IntN(len(f))] ^= byte(1 + rng.IntN(255))
			frames[i] = f
		case n == 1:
			frames[i] = f[:rng.IntN(len(f)+1)]
		case n == 2:
			frames = append(frames, f)
		case n == 3 && len(frames) > 1:
			frames = append(frames[:i:i], frames[i+1:]...)
		case n == 4:
			frames[i] = bytes.Repeat([]byte{'['}, 20_000)
		}
	}
	return frames
}
