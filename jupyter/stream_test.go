package jupyter

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// plainStream is what encoding/json makes of a Stream.
type plainStream struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func FuzzStreamIsTheJSONOfEncodingJSON(f *testing.F) {
	for _, text := range []string{
		"", "plain", "a\nb\r\n\tc\b\f\x00\x1f\x7f", `"quoted" \ back/slash`, "größe 世界 😀",
		"\xff cut \xe4\xb8", "\u2028\u2029\ufffd", "\x1b[31mred\x1b[0m",
		"exactly8", "12345678\n2345678\"", "a<b>&c", strings.Repeat("0123456789\n", 100),
	} {
		f.Add("stdout", text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(plainStream{name, text}); err != nil {
			t.Fatal(err)
		}
		raw, err := marshalContent(&Stream{Name: name, Text: text})
		if err != nil || string(raw)+"\n" != want.String() {
			t.Fatalf("%q, %v, want %q", raw, err, want.String())
		}
		var read Stream
		if !read.read(raw) && !strings.Contains(string(raw), `\u`) {
			t.Errorf("%q is nothing usual", raw)
		}
	})
}

func FuzzStreamIsReadAsByEncodingJSON(f *testing.F) {
	for _, raw := range []string{
		`{"name":"stdout","text":"x"}`, ` { "text" : "a\nb\u001b\"\\\/\b\f\r\t" , "name" : "n" } `,
		`{"text":"\ud83d\ude00"}`, `{"text":"\ud83d"}`, `{"text":"\ud800\udc00"}`, `{"text":"\u00"}`, `{"text":null}`, `{"text":1}`,
		`{"TEXT":"x"}`, `{"text":"x","more":[{"text":"y"}]}`, `{}`, `[]`, `null`, `{"text":"x","text":"y"}`,
		`{"text":"x"} `, `{"text":"x",}`, `{"text":"x`, `{"text":"x\`, "{\"text\":\"\xff\"}",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got Stream
		var want plainStream
		err, wantErr := json.Unmarshal(raw, &got), json.Unmarshal(raw, &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v, want %v", raw, err, wantErr)
		}
		if err == nil && plainStream(got) != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	})
}

func BenchmarkStream(b *testing.B) {
	s := &Stream{Name: "stdout", Text: strings.Repeat("0123456789 0123456789 0123456789 0123456789\n", 6000)}
	raw, _ := marshalContent(s)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(s.Text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := marshalContent(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write by encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(s.Text)))
		for b.Loop() {
			marshal((*plainStream)(s))
		}
	})
	b.Run("read by encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(s.Text)))
		for b.Loop() {
			json.Unmarshal(raw, new(plainStream))
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(s.Text)))
		b.ReportAllocs()
		for b.Loop() {
			m := &Message{Header: Header{MsgType: TypeStream}, Content: raw, checked: true}
			if _, err := Decode[Stream](m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func FuzzWithoutPlainIsJSONIfItWas(f *testing.F) {
	for _, raw := range []string{
		`{"a":"0123456789"}`, `{"a":"0123456789\"0123456789"}`, `{"a":"01234567\\","b":"0123456789"}`,
		`{"a":"\u12345678901234"}`, `{"a":"\u"123456789"}`, `{"a":"\u12"}`, `{"a":"0123456789`, `{"a":"01234567\`,
		`0123456789"0123456789"`, `"0123456789"0123456789`, `{"a":"\x0123456789"}`, "\"01234567\n01234567\"",
		`["é0123456789é", 12345678901234, "0123456789", true]`,
		`["日", 1, 2, "x"]`, `["\n", 1, 2, "x"]`, `\"0123456789"`, `"0123456789\u`, "",
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rest := withoutPlain(raw)
		if got, want := json.Valid(rest), json.Valid(raw); got != want {
			t.Fatalf("%q became %q: JSON %t, want %t", raw, rest, got, want)
		}
		if len(raw) >= 9 && bytes.HasPrefix(raw, []byte(`"01234567`)) && len(rest) > len(raw)-8 {
			t.Errorf("%q became %q", raw, rest)
		}
	})
}
