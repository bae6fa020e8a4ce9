package rkernel

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"testing"
)

var frames = []struct {
	kind  byte
	parts []string
	wire  string
}{
	{'a', nil, "\x01\x00\x00\x00a"},
	{'x', []string{"1", "0", "é"}, "\x11\x00\x00\x00x\x01\x00\x00\x001\x01\x00\x00\x000\x02\x00\x00\x00é"},
	{'V', []string{"", "\x00"}, "\x0a\x00\x00\x00V\x00\x00\x00\x00\x01\x00\x00\x00\x00"},
}

func TestFrames(t *testing.T) {
	for _, test := range frames {
		wire := appendFrame(nil, test.kind, test.parts...)
		if string(wire) != test.wire {
			t.Errorf("appendFrame(%q, %q) = %q, want %q", test.kind, test.parts, wire, test.wire)
		}
		f, rest, ok, err := cutFrame(append(wire, "rest"...))
		if !ok || err != nil || string(rest) != "rest" || f.kind != test.kind || len(f.parts) != len(test.parts) {
			t.Errorf("cutFrame(%q) = %v, %q, %v, %v", wire, f, rest, ok, err)
		}
		for i, want := range test.parts {
			if f.part(i) != want {
				t.Errorf("part %d of %q is %q, want %q", i, wire, f.part(i), want)
			}
		}
		if f.part(len(test.parts)) != "" {
			t.Errorf("%q has a part more", wire)
		}
		for n := range len(test.wire) {
			if _, rest, ok, err := cutFrame(wire[:n]); ok || err != nil || len(rest) != n {
				t.Errorf("cutFrame of the first %d bytes of %q: %q, %v, %v", n, wire, rest, ok, err)
			}
		}
	}
}

func TestBadFrames(t *testing.T) {
	for _, wire := range []string{
		"\x00\x00\x00\x00",                   // no type
		"\xff\xff\xff\xffa",                  // too long
		"\x03\x00\x00\x00axx",                // half a length
		"\x06\x00\x00\x00a\xff\x00\x00\x00x", // a part longer than the frame
		"\x05\x00\x00\x00a\xff\xff\xff\xff",
	} {
		if _, _, ok, err := cutFrame([]byte(wire)); ok || err == nil {
			t.Errorf("cutFrame(%q) takes it", wire)
		}
	}
}

func FuzzCutFrame(f *testing.F) {
	for _, test := range frames {
		f.Add([]byte(test.wire))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		got, rest, ok, err := cutFrame(wire)
		if !ok || err != nil {
			return
		}
		var parts []string
		for i := range got.parts {
			parts = append(parts, got.part(i))
		}
		if again := appendFrame(nil, got.kind, parts...); !bytes.Equal(append(again, rest...), wire) {
			t.Errorf("%q is read as %q", wire, again)
		}
		if n := binary.LittleEndian.Uint32(wire); int(n)+4+len(rest) != len(wire) {
			t.Errorf("%d bytes of %q are left", len(rest), wire)
		}
	})
}

func TestDecoder(t *testing.T) {
	for _, test := range []struct {
		pieces []string
		want   []string // the last one is what flush returns
	}{
		{[]string{"plain"}, []string{"plain", ""}},
		{[]string{"\xc3", "\xa9"}, []string{"", "é", ""}},
		{[]string{"a\xf0\x9f", "\x8e", "\x89b"}, []string{"a", "", "🎉b", ""}},
		{[]string{"a\xffb"}, []string{`a\xffb`, ""}},
		{[]string{"\xe2\x82"}, []string{"", `\xe2\x82`}},
		{[]string{"\xe2\x82", "x"}, []string{"", `\xe2\x82x`, ""}},
		{[]string{"\x80\x80"}, []string{`\x80\x80`, ""}},
		{[]string{"\xc3\xa9\xc3"}, []string{"é", `\xc3`}},
		{[]string{"\xed\xa0\x80"}, []string{`\xed\xa0\x80`, ""}},
		{[]string{"\ufffd"}, []string{"\ufffd", ""}},
	} {
		var d decoder
		var got []string
		for _, piece := range test.pieces {
			got = append(got, string(d.decode([]byte(piece))))
		}
		got = append(got, string(d.flush()))
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%q: %q, want %q", test.pieces, got, test.want)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("aé世🎉\xff"), 2)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = min(max(cut, 0), len(b))
		var d decoder
		got := string(d.decode(bytes.Clone(b[:cut]))) + string(d.decode(bytes.Clone(b[cut:]))) + string(d.flush())
		if want := escapeInvalid(b); got != want {
			t.Errorf("%q cut at %d: %q, want %q", b, cut, got, want)
		}
	})
}
