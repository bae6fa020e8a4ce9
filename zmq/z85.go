package zmq

import (
	"encoding/binary"
	"fmt"
)

// Z85 (https://rfc.zeromq.org/spec/32/) is how 0MQ writes keys as text: five
// characters for four octets.
const z85Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// z85Values is the value of each character, or 0xff.
var z85Values = func() (values [256]byte) {
	for i := range values {
		values[i] = 0xff
	}
	for i, c := range []byte(z85Digits) {
		values[c] = byte(i)
	}
	return values
}()

// EncodeZ85 returns b as Z85. The length of b must be a multiple of 4.
func EncodeZ85(b []byte) (string, error) {
	if len(b)%4 != 0 {
		return "", fmt.Errorf("zmq: %d octets cannot be written as Z85: their number must be a multiple of 4", len(b))
	}
	return encodeZ85(b), nil
}

// encodeZ85 is EncodeZ85 for a length that is known to be right.
func encodeZ85(b []byte) string {
	text := make([]byte, 0, len(b)/4*5)
	for ; len(b) > 0; b = b[4:] {
		v := binary.BigEndian.Uint32(b)
		var group [5]byte
		for i := len(group) - 1; i >= 0; i-- {
			group[i] = z85Digits[v%85]
			v /= 85
		}
		text = append(text, group[:]...)
	}
	return string(text)
}

// DecodeZ85 returns the octets that text stands for. Errors do not quote the
// text, which may be a secret.
func DecodeZ85(text string) ([]byte, error) {
	b, err := decodeZ85(text)
	if err != nil {
		return nil, fmt.Errorf("zmq: %w", err)
	}
	return b, nil
}

// decodeZ85 is DecodeZ85 with bare errors.
func decodeZ85(text string) ([]byte, error) {
	if len(text)%5 != 0 {
		return nil, fmt.Errorf("not Z85: %d characters, which is not a multiple of 5", len(text))
	}
	b := make([]byte, 0, len(text)/5*4)
	for at := 0; at < len(text); at += 5 {
		var v uint64
		for i, c := range []byte(text[at : at+5]) {
			digit := z85Values[c]
			if digit == 0xff {
				return nil, fmt.Errorf("not Z85: character %d is none of the 85", at+i+1)
			}
			v = v*85 + uint64(digit)
		}
		if v > 0xffffffff {
			return nil, fmt.Errorf("not Z85: characters %d to %d stand for more than 32 bits", at+1, at+5)
		}
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b, nil
}
