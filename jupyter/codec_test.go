package jupyter

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func newTestCodec(t testing.TB, key string) *Codec {
	t.Helper()
	c, err := NewCodec("", NewKey(key))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// testFrames returns a message as jupyter_client would send it, signed here by
// other means than the Codec's.
func testFrames(key string, parts ...string) [][]byte {
	h := hmac.New(sha256.New, []byte(key))
	frames := [][]byte{[]byte("peer"), []byte("<IDS|MSG>"), nil}
	for _, p := range parts[:4] {
		h.Write([]byte(p))
	}
	if key != "" {
		frames[2] = []byte(hex.EncodeToString(h.Sum(nil)))
	}
	for _, p := range parts {
		frames = append(frames, []byte(p))
	}
	return frames
}

const testHeader = `{"msg_id":"a1","session":"s","username":"u","date":"2026-01-01T00:00:00Z",` +
	`"msg_type":"execute_request","version":"5.3","later":true}`

func goodFrames(key string) [][]byte {
	return testFrames(key, testHeader, `{}`, `{"cellId":"x"}`, `{"code":"1"}`, "\x00buffer")
}

func TestDecode(t *testing.T) {
	for _, key := range []string{"", "secret"} {
		c := newTestCodec(t, key)
		m, err := c.Decode(goodFrames(key))
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.MsgID != "a1" || m.Header.MsgType != "execute_request" ||
			string(m.Identities[0]) != "peer" || string(m.Metadata) != `{"cellId":"x"}` ||
			string(m.Buffers[0]) != "\x00buffer" || string(m.RawHeader) != testHeader {
			t.Errorf("Decode = %+v", m)
		}
		if r, err := Decode[ExecuteRequest](m); err != nil || r.Code != "1" {
			t.Errorf("content = %+v, %v", r, err)
		}
	}
}

func TestEncodeDecodes(t *testing.T) {
	m := newTestMessage(t, &Stream{"stdout", "héllo"})
	m.Identities = [][]byte{[]byte("topic")}
	m.Buffers = [][]byte{{1}, {}, {2}}
	for _, key := range []string{"", "secret"} {
		frames, err := newTestCodec(t, key).Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := newTestCodec(t, key).Decode(frames)
		if err != nil {
			t.Fatal(err)
		}
		again, err := newTestCodec(t, key).Encode(got)
		if err != nil || !slices.EqualFunc(frames, again, bytes.Equal) {
			t.Errorf("decoded and encoded again: %q, want %q (%v)", again, frames, err)
		}
	}
}

func TestDecodeRefusesEveryTruncation(t *testing.T) {
	for _, key := range []string{"", "secret"} {
		frames := goodFrames(key)
		for n := range 7 { // the buffer, the eighth frame, is optional
			if m, err := newTestCodec(t, key).Decode(frames[:n]); err == nil {
				t.Errorf("key %q: %d frames decode as %+v", key, n, m)
			}
		}
		for i := 1; i < 7; i++ { // neither identity nor buffer are covered
			for n := range frames[i] {
				cut := slices.Clone(frames)
				cut[i] = cut[i][:n]
				if m, err := newTestCodec(t, key).Decode(cut); err == nil {
					t.Errorf("key %q: frame %d cut to %d bytes decodes as %+v", key, i, n, m)
				}
			}
		}
	}
}

func TestDecodeInvalid(t *testing.T) {
	flip := func(i int) [][]byte {
		f := goodFrames("k")
		f[i] = slices.Clone(f[i])
		f[i][0] ^= 1
		return f
	}
	many := [][]byte{}
	for range 100 {
		many = append(many, nil)
	}
	tests := []struct {
		name   string
		frames [][]byte
		want   error
	}{
		{"nothing", nil, ErrMalformed},
		{"one empty frame", [][]byte{{}}, ErrMalformed},
		{"no delimiter", goodFrames("k")[2:], ErrMalformed},
		{"delimiter after 100 identities", append(many, goodFrames("k")...), ErrMalformed},
		{"delimiter only", [][]byte{delimiter}, ErrMalformed},
		{"other key", goodFrames("other"), ErrSignature},
		{"no signature", goodFrames(""), ErrSignature},
		{"signature not hexadecimal", func() [][]byte {
			f := goodFrames("k")
			f[2] = bytes.Repeat([]byte("zz"), 32)
			return f
		}(), ErrSignature},
		{"signature too long", func() [][]byte {
			f := goodFrames("k")
			f[2] = bytes.Repeat(f[2], 2)
			return f
		}(), ErrSignature},
		{"signature flipped", flip(2), ErrSignature},
		{"header flipped", flip(3), ErrSignature},
		{"parent flipped", flip(4), ErrSignature},
		{"metadata flipped", flip(5), ErrSignature},
		{"content flipped", flip(6), ErrSignature},
		{"header no JSON", testFrames("k", `x`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header no object", testFrames("k", `[1]`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header without msg_id", testFrames("k", `{"msg_type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header without msg_type", testFrames("k", `{"msg_id":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with Msg_Type", testFrames("k", `{"msg_id":"x","Msg_Type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with msg_type elsewhere", testFrames("k",
			`{"msg_id":"x","a\"msg_type":{"msg_type":"x"},"b":["msg_type"],"c":"msg_type","Msg_Type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with an empty msg_id", testFrames("k", `{"msg_id":"","msg_type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with an empty msg_type", testFrames("k", `{"msg_id":"x","msg_type":""}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with Msg_Id", testFrames("k", `{"Msg_Id":"x","msg_type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header with msg_id 1", testFrames("k", `{"msg_id":1,"msg_type":"x"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"header too large", testFrames("k", `{"msg_type":"x","msg_id":"`+strings.Repeat("x", maxHeaders)+`"}`, `{}`, `{}`, `{}`), ErrMalformed},
		{"parent header too large", testFrames("k", testHeader, `{"x":"`+strings.Repeat("x", maxHeaders)+`"}`, `{}`, `{}`), ErrMalformed},
		{"too many buffers", append(goodFrames("k"), make([][]byte, maxBuffers)...), ErrMalformed},
	}
	for _, tt := range tests {
		m, err := newTestCodec(t, "k").Decode(tt.frames)
		if m != nil || !errors.Is(err, tt.want) {
			t.Errorf("%s: Decode = %+v, %v, want %v", tt.name, m, err, tt.want)
		}
	}
}

func TestDecodeOddHeaderFields(t *testing.T) {
	frames := testFrames("", `{"date":1,"session":null,"username":[],"msg_id":"i","msg_type":"t"}`, `{}`, `{}`, `{}`)
	m, err := newTestCodec(t, "").Decode(frames)
	if err != nil || m.Header.MsgID != "i" || m.Header.MsgType != "t" {
		t.Errorf("Decode = %+v, %v", m, err)
	}
}

func TestDecodePartError(t *testing.T) {
	for i, part := range []string{"parent_header", "metadata", "content"} {
		for _, bad := range []string{``, `x`, `null`, `[]`, `{`, "{\"a\":\"\xff\"}", `{}{}`} {
			if bad == "null" && part != "content" {
				continue
			}
			parts := []string{testHeader, `{}`, `{}`, `{}`}
			parts[i+1] = bad
			m, err := newTestCodec(t, "k").Decode(testFrames("k", parts...))
			perr, ok := errors.AsType[*PartError](err)
			if !ok || perr.Part != part || m == nil || m.Header.MsgID != "a1" {
				t.Errorf("%s = %q: Decode = %v, %v", part, bad, m, err)
				continue
			}
			if left := [][]byte{m.ParentHeader, m.Metadata, m.Content}[i]; len(left) != 0 {
				t.Errorf("%s = %q: the message keeps %q", part, bad, left)
			}
		}
	}
}

// Positron's supervisor sends null metadata.
func TestDecodeNullParts(t *testing.T) {
	m, err := newTestCodec(t, "k").Decode(testFrames("k", testHeader, `null`, `null`, `{"a":1}`))
	if err != nil || string(m.ParentHeader) != "{}" || string(m.Metadata) != "{}" || string(m.Content) != `{"a":1}` {
		t.Errorf("Decode = %+v, %v", m, err)
	}
	if h, err := m.Parent(); err != nil || h.MsgID != "" {
		t.Errorf("Parent = %+v, %v", h, err)
	}
}

func TestDecodeRefusesReplays(t *testing.T) {
	c := newTestCodec(t, "k")
	frames := func(i int) [][]byte {
		return testFrames("k", fmt.Sprintf(`{"msg_id":"%d","msg_type":"t"}`, i), `{}`, `{}`, `{}`)
	}
	for i := range 3 * replayWindow {
		if i%(replayWindow/4) != 0 { // as if it were a message
			c.seen.add([sha256.Size]byte{byte(i), byte(i >> 8), byte(i >> 16)})
			continue
		}
		if _, err := c.Decode(frames(i)); err != nil {
			t.Fatal(err)
		}
		for j := max(0, i-replayWindow+1); j <= i; j++ {
			if j%(replayWindow/4) != 0 {
				continue
			}
			if _, err := c.Decode(frames(j)); !errors.Is(err, ErrReplay) {
				t.Fatalf("message %d again after %d others: %v, want ErrReplay", j, i-j, err)
			}
		}
	}
	if n := len(c.seen.young) + len(c.seen.old); n > 2*replayWindow {
		t.Errorf("%d signatures are remembered, the bound is %d", n, 2*replayWindow)
	}
	// A forged message must not use up the signature of the real one.
	bad := frames(-1)
	bad[6] = []byte(`{"x":1}`)
	if _, err := c.Decode(bad); !errors.Is(err, ErrSignature) {
		t.Error(err)
	}
	if _, err := c.Decode(frames(-1)); err != nil {
		t.Error(err)
	}
}

func TestUnknownSchemeIsRefused(t *testing.T) {
	for _, s := range []string{"hmac-md5", "none", "hmac-sha512"} {
		if _, err := NewCodec(s, NewKey("k")); err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("NewCodec(%q): %v", s, err)
		}
	}
}

func TestKeyHidesItself(t *testing.T) {
	const secret = "tops3cret"
	k := NewKey(secret)
	info := &ConnectionInfo{IP: "10.0.0.1", Ports: [5]int{Stdin: 4711}, Key: k, CurveSecretKey: k}
	var b bytes.Buffer
	type holder struct{ k Key }
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&b, verb+verb+verb+verb, k, info, *info, holder{k})
		fmt.Fprintf(&b, verb, newTestCodec(t, secret))
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("x", "key", k, "info", info, "value", *info, "holder", holder{k})
	}
	raw, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(raw)
	text := b.String()
	for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), fmt.Sprint([]byte(secret))} {
		if strings.Contains(strings.ToLower(text), form) {
			t.Errorf("the key shows as %q in %s", form, text)
		}
	}
	if !strings.Contains(text, "info.ip=10.0.0.1 ") || !strings.Contains(text, "info.stdin_port=4711 ") {
		t.Errorf("a log does not say where the kernel is: %s", text)
	}
	if k.Reveal() != secret || !NewKey("").Empty() {
		t.Error("Reveal or Empty is wrong")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(bytes.Join(goodFrames(""), []byte{0xfe}))
	f.Add(bytes.Join(testFrames("", `{"msg_id":"x","msg_type":"comm_open"}`, `[]`, `{`, `null`), []byte{0xfe}))
	f.Add([]byte("<IDS|MSG>"))
	unsigned, signed := newTestCodec(f, ""), newTestCodec(f, "secret")
	f.Fuzz(func(t *testing.T, b []byte) {
		frames := bytes.Split(b, []byte{0xfe})
		if m, err := signed.Decode(frames); err == nil {
			t.Fatalf("a message nobody signed decodes as %+v", m)
		}
		m, err := unsigned.Decode(frames)
		if m == nil {
			if err == nil {
				t.Fatal("neither message nor error")
			}
			return
		}
		if _, err := unsigned.Encode(m); err != nil {
			t.Fatal(err)
		}
		c, err := m.Parse()
		if err != nil {
			return
		}
		if _, err := NewSession("u").Reply(m, c); err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkCodec is a message made and encoded, and one decoded and parsed, beside
// what encoding/json alone takes for the same JSON.
func BenchmarkCodec(b *testing.B) {
	c := newTestCodec(b, "")
	signed := newTestCodec(b, "secret")
	s := NewSession("u")
	req, err := c.Decode(goodFrames(""))
	if err != nil {
		b.Fatal(err)
	}
	content := &Stream{"stdout", "hello\n"}
	m, err := s.Reply(req, content)
	if err != nil {
		b.Fatal(err)
	}
	frames, err := c.Encode(m)
	if err != nil {
		b.Fatal(err)
	}
	encode := func(c *Codec) error {
		m, err := s.Reply(req, content)
		if err == nil {
			_, err = c.Encode(m)
		}
		return err
	}
	for _, bb := range []struct {
		name string
		do   func() error
	}{
		{"encode", func() error { return encode(c) }},
		{"encode signed", func() error { return encode(signed) }},
		{"encode, encoding/json alone", func() error {
			_, err := json.Marshal(m.Header)
			if err == nil {
				_, err = json.Marshal(content)
			}
			return err
		}},
		{"decode", func() error {
			m, err := c.Decode(frames)
			if err == nil {
				_, err = m.Parse()
			}
			return err
		}},
		{"decode, encoding/json alone", func() error {
			var h Header
			var v Stream
			return errors.Join(json.Unmarshal(frames[len(frames)-4], &h), json.Unmarshal(frames[len(frames)-1], &v))
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bb.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
