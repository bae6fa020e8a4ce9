package zmtp

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/crypto/poly1305"      //lint:ignore SA1019 the MAC of NaCl's boxes, in place and piece by piece
	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 the cipher of NaCl's boxes
)

// The layout of a MESSAGE command (CurveZMQ, section The MESSAGE Command).
const (
	messageName    = "\x07MESSAGE"
	messageNonce   = len(messageName)   // where the short nonce starts
	messageTag     = messageNonce + 8   // where the box starts, with its tag
	messagePayload = messageTag + 16    // where the payload starts, with its flags
	messageBody    = messagePayload + 1 // where the frame's own octets start
)

// SealOverhead is by how many octets the body of a MESSAGE command is longer
// than the frame in it.
const SealOverhead = messageBody

// The flags of a payload. CurveZMQ defines bit 0 only and reserves the
// others; libzmq, and with it everybody, marks commands with bit 1, not with
// the bit that ZMTP's frame header has for them.
const (
	payloadMore    = 0x01
	payloadCommand = 0x02
)

// Why a MESSAGE is refused.
var (
	errMessage      = errors.New("malformed MESSAGE command")
	errMessageBox   = errors.New("MESSAGE does not open: it was altered or made with another key")
	errMessageFlags = errors.New("reserved flag bits set in a MESSAGE")
	errMessageNonce = errors.New("MESSAGE out of sequence: replayed, reordered, or one before it is missing")
	errNoncesUsed   = errors.New("all nonces of the connection are used: connect again")
)

// Sizes of the cipher. The assembly of salsa works on four blocks at a time;
// one block costs it almost half of what four do.
const (
	salsaBlock = 64
	headBlocks = 4
	headSize   = headBlocks * salsaBlock
	polyKey    = 32 // octets of the key stream that the box does not use

	// pieceSize is how much is encrypted before it is authenticated: little
	// enough to be in the cache still, and a multiple of headSize.
	pieceSize = 16 << 10

	// minBeside is the size from which on a part of the message is encrypted
	// beside the rest. Half of that gains nothing: a processor that sleeps takes
	// as long to wake as it saves.
	minBeside = 128 << 10
)

// A messageKey makes the boxes of the MESSAGE commands of one direction. They
// are NaCl's (XSalsa20 and Poly1305), computed in place and without the copy
// that putting the flags before the body would need.
//
// XSalsa20 turns the first 16 octets of a nonce into a subkey, and those are
// a constant of the direction here: the subkey is computed once.
type messageKey [32]byte

// newMessageKey returns the key of the direction whose nonces begin with
// prefix, which has 16 octets.
func newMessageKey(shared *[32]byte, prefix string) messageKey {
	var key messageKey
	first := [16]byte([]byte(prefix))
	salsa.HSalsa20((*[32]byte)(&key), &first, shared, &salsa.Sigma)
	return key
}

// head returns the start of the key stream for a payload of n octets: as much
// as n needs, at most headSize octets. The first polyKey of them are the key
// of the MAC.
func (k *messageKey) head(stream *[headSize]byte, counter *[16]byte, n int) {
	size := headSize
	if n <= 2*salsaBlock-polyKey {
		size = (polyKey + n + salsaBlock - 1) / salsaBlock * salsaBlock
	}
	salsa.XORKeyStream(stream[:size], stream[:size], counter, (*[32]byte)(k))
}

// xor encrypts src to dst, or decrypts it, from that block of the message on. In
// counter the nonce is set.
func (k *messageKey) xor(dst, src []byte, counter *[16]byte, block int) {
	binary.LittleEndian.PutUint64(counter[8:], uint64(block))
	salsa.XORKeyStream(dst, src, counter, (*[32]byte)(k))
}

// xorBeside is xor beside its caller, who calls wait before it looks at dst.
func (k *messageKey) xorBeside(beside Beside, dst, src []byte, counter [16]byte, block int) (wait func()) {
	return beside(func() { k.xor(dst, src, &counter, block) })
}

// seal fills out with a MESSAGE that holds body. out has SealOverhead octets
// more than body and does not overlap it.
//
// The MAC is of what is encrypted, in order, and cannot be split. Of a long
// message the last four sevenths are encrypted beside the first three and their
// MAC, which takes as long.
func (k *messageKey) seal(out []byte, nonce uint64, flags byte, body []byte, beside Beside) {
	var counter [16]byte
	binary.BigEndian.PutUint64(counter[:], nonce)
	var stream [headSize]byte
	k.head(&stream, &counter, 1+len(body))

	mac := poly1305.New((*[polyKey]byte)(stream[:]))
	out[messagePayload] = flags ^ stream[polyKey]
	done := subtle.XORBytes(out[messageBody:], body, stream[polyKey+1:])
	mac.Write(out[messagePayload : messageBody+done])
	rest, body := out[messageBody+done:], body[done:]
	own, wait := len(body), func() {}
	if own >= minBeside && beside != nil {
		own = own * 3 / 7 / pieceSize * pieceSize
		wait = k.xorBeside(beside, rest[own:], body[own:], counter, headBlocks+own/salsaBlock)
	}
	for at := 0; at < own; at += pieceSize {
		end := min(at+pieceSize, own)
		k.xor(rest[at:end], body[at:end], &counter, headBlocks+at/salsaBlock)
		mac.Write(rest[at:end])
	}
	wait()
	mac.Write(rest[own:])
	copy(out, messageName)
	binary.BigEndian.PutUint64(out[messageNonce:], nonce)
	mac.Sum(out[messageTag:messageTag])
}

// open decrypts the payload of message in place and reports whether its tag
// is right. If it is not, the payload is lost and must not be looked at.
//
// The MAC is of what is not decrypted yet. Of a long message the first four
// sevenths are decrypted beside the MAC of the last three and their decryption.
func (k *messageKey) open(message []byte, beside Beside) bool {
	var counter [16]byte
	copy(counter[:8], message[messageNonce:])
	payload := message[messagePayload:]
	var stream [headSize]byte
	k.head(&stream, &counter, len(payload))

	mac := poly1305.New((*[polyKey]byte)(stream[:]))
	first := payload[:min(len(payload), headSize-polyKey)]
	mac.Write(first)
	subtle.XORBytes(first, first, stream[polyKey:])
	rest := payload[len(first):]
	own, wait := 0, func() {} // where the own part begins
	if len(rest) >= minBeside && beside != nil {
		own = len(rest) * 4 / 7 / pieceSize * pieceSize
		mac.Write(rest[:own])
		wait = k.xorBeside(beside, rest[:own], rest[:own], counter, headBlocks)
	}
	for at := own; at < len(rest); at += pieceSize {
		piece := rest[at:min(at+pieceSize, len(rest))]
		mac.Write(piece)
		k.xor(piece, piece, &counter, headBlocks+at/salsaBlock)
	}
	wait()
	return mac.Verify(message[messageTag:messagePayload]) // in constant time
}

// curveTraffic is what both roles of CURVE do once the handshake is complete.
// Seal changes sent only, Open received.
type curveTraffic struct {
	sealKey  messageKey
	sent     uint64 // the last short nonce that was used
	openKey  messageKey
	received uint64 // the last short nonce that the peer used

	beside Beside // may be nil
}

// Seals implements Mechanism.
func (t *curveTraffic) Seals() bool { return true }

// Seal implements Mechanism. A MESSAGE is not a command frame to libzmq, and
// it does not take one that is.
func (t *curveTraffic) Seal(dst []byte, flags byte, body []byte) ([]byte, error) {
	// "The client SHALL NOT send more than 2^64-1 commands in one connection."
	if t.sent+1 == 0 {
		return dst, errNoncesUsed
	}
	t.sent++
	payloadFlags := flags & More
	if flags&Command != 0 {
		payloadFlags |= payloadCommand
	}
	size := SealOverhead + len(body)
	dst = AppendHeader(slices.Grow(dst, MaxHeader+size), 0, size)
	start := len(dst)
	dst = dst[:start+size]
	t.sealKey.seal(dst[start:], t.sent, payloadFlags, body, t.beside)
	return dst, nil
}

// Open implements Mechanism. The frame it returns is a part of body.
//
// "The server SHALL verify that a client connection does use correctly
// incrementing short nonces": each must be one more than that of the command
// before it, so that an attacker can not only repeat or reorder nothing, but
// leave nothing out either.
func (t *curveTraffic) Open(body []byte) (Frame, error) {
	if len(body) < SealOverhead || string(body[:messageNonce]) != messageName {
		return Frame{}, errMessage
	}
	nonce := binary.BigEndian.Uint64(body[messageNonce:])
	if nonce == 0 || nonce != t.received+1 {
		return Frame{}, errMessageNonce
	}
	if !t.openKey.open(body, t.beside) {
		return Frame{}, errMessageBox
	}
	t.received = nonce
	var flags byte
	switch body[messagePayload] {
	case 0:
	case payloadMore:
		flags = More
	case payloadCommand:
		flags = Command
	default:
		return Frame{}, errMessageFlags
	}
	plain := body[messageBody:]
	if len(plain) >= minRecycled {
		// At the start of its memory, so that all of that can be recycled: else
		// it would be too small for the next message of the same size.
		plain = body[:copy(body, plain)]
	}
	return Frame{flags, plain}, nil
}
