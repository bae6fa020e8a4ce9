package zmq

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestZ85(t *testing.T) {
	for _, test := range []struct {
		octets []byte
		text   string
	}{
		{nil, ""},
		{[]byte{0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b}, "HelloWorld"}, // RFC 32, section Test Case
		{[]byte{0, 0, 0, 0}, "00000"},
		{[]byte{0xff, 0xff, 0xff, 0xff}, "%nSc0"},
		// The example keys of libzmq's documentation of zmq_curve_keypair and
		// zmq_z85_decode.
		{[]byte{
			0x54, 0xfc, 0xba, 0x24, 0xe9, 0x32, 0x49, 0x96, 0x93, 0x16, 0xfb, 0x61, 0x7c, 0x87, 0x2b, 0xb0,
			0xc1, 0xd1, 0xff, 0x14, 0x80, 0x04, 0x27, 0xc5, 0x94, 0xcb, 0xfa, 0xcf, 0x1b, 0xc2, 0xd6, 0x52,
		}, "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"},
		{[]byte{
			0x8e, 0x0b, 0xdd, 0x69, 0x76, 0x28, 0xb9, 0x1d, 0x8f, 0x24, 0x55, 0x87, 0xee, 0x95, 0xc5, 0xb0,
			0x4d, 0x48, 0x96, 0x3f, 0x79, 0x25, 0x98, 0x77, 0xb4, 0x9c, 0xd9, 0x06, 0x3a, 0xea, 0xd3, 0xb7,
		}, "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"},
	} {
		if got, err := EncodeZ85(test.octets); err != nil || got != test.text {
			t.Errorf("EncodeZ85(%x) = %q, %v, want %q", test.octets, got, err, test.text)
		}
		if got, err := DecodeZ85(test.text); err != nil || !bytes.Equal(got, test.octets) {
			t.Errorf("DecodeZ85(%q) = %x, %v, want %x", test.text, got, err, test.octets)
		}
	}
}

func TestZ85Refuses(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 31} {
		if text, err := EncodeZ85(make([]byte, n)); err == nil {
			t.Errorf("EncodeZ85 of %d octets = %q", n, text)
		}
	}
	for text, want := range map[string]string{
		"0":                "1 characters",
		"000000":           "6 characters",
		"0000 ":            "character 5",
		"00000abc\"d":      "character 9",
		"0000\xff":         "character 5",
		"00000\u00e9":      "7 characters",
		"%nSc1":            "characters 1 to 5",
		"00000#####":       "characters 6 to 10",
		"00000000000000\n": "character 15",
	} {
		b, err := DecodeZ85(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), text) && len(text) > 1 {
			t.Errorf("DecodeZ85(%q) = %x, %v, want an error with %q", text, b, err, want)
		}
	}
}

// TestZ85Alphabet: each of the 85 characters has the value of its place.
func TestZ85Alphabet(t *testing.T) {
	const alphabet = "0123456789" + "abcdefghij" + "klmnopqrst" + "uvwxyzABCD" + "EFGHIJKLMN" +
		"OPQRSTUVWX" + "YZ.-:+=^!/" + "*?&<>()[]{" + "}@%$#"
	for i, c := range []byte(alphabet) {
		got, err := DecodeZ85("0000" + string(c))
		if err != nil || got[3] != byte(i) {
			t.Errorf("%q has the value %v, %v, want %d", c, got, err, i)
		}
	}
}

func FuzzZ85(f *testing.F) {
	f.Add("HelloWorld", []byte("01234567"))
	f.Add("%nSc1", []byte{})
	f.Add("#####", []byte{0xff, 0xff, 0xff, 0xff})
	r := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		f.Add(encodeZ85(randomOctets(r, 32)), randomOctets(r, 32))
	}
	f.Fuzz(func(t *testing.T, text string, octets []byte) {
		if b, err := DecodeZ85(text); err == nil {
			if again, err := EncodeZ85(b); err != nil || again != text {
				t.Errorf("%q decodes to %x, which encodes to %q, %v", text, b, again, err)
			}
		}
		if s, err := EncodeZ85(octets); err == nil {
			if again, err := DecodeZ85(s); err != nil || !bytes.Equal(again, octets) {
				t.Errorf("%x encodes to %q, which decodes to %x, %v", octets, s, again, err)
			}
		} else if len(octets)%4 == 0 {
			t.Errorf("EncodeZ85(%x): %v", octets, err)
		}
	})
}

func randomOctets(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
