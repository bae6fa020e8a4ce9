package zmtp

import (
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"

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

// headBody is how many octets of a payload are encrypted by the first group of
// the key stream, whose first octets are the key of the MAC.
const headBody = salsaGroup - polyKey

// pieceSize is how much is encrypted before it is authenticated, where that is
// not done at once: little enough to be in the cache still.
const pieceSize = 42 * salsaGroup

// maxAtOnce is how much the assembly gets at once: the lower half of its block
// counter must not overflow.
const maxAtOnce = 1 << 30

// A messageKey makes the boxes of the MESSAGE commands of one direction. They
// are NaCl's (XSalsa20 and Poly1305), computed in place and without the copy
// that putting the flags before the body would need.
//
// XSalsa20 turns the first 16 octets of a nonce into a subkey, and those are
// a constant of the direction here: the subkey is computed once.
type messageKey struct {
	salsaKey
}

// newMessageKey returns the key of the direction whose nonces begin with
// prefix, which has 16 octets.
func newMessageKey(shared *[32]byte, prefix string) messageKey {
	var key [32]byte
	first := [16]byte([]byte(prefix))
	salsa.HSalsa20(&key, &first, shared, &salsa.Sigma)
	return messageKey{newSalsaKey(&key)}
}

// seal fills out with a MESSAGE that holds body. out has SealOverhead octets
// more than body and does not overlap it.
func (k *messageKey) seal(out []byte, nonce uint64, flags byte, body []byte) {
	copy(out, messageName)
	short := (*[8]byte)(out[messageNonce:])
	binary.BigEndian.PutUint64(short[:], nonce)
	var stream [salsaGroup]byte
	k.head(&stream, short, min(polyKey+1+len(body), salsaGroup))

	mac := newPoly((*[polyKey]byte)(stream[:]))
	out[messagePayload] = flags ^ stream[polyKey]
	done := subtle.XORBytes(out[messageBody:], body, stream[polyKey+1:])
	rest := out[messagePayload:]
	if done < len(body) {
		mac.write(rest[:headBody])
		rest = k.sealRest(rest[headBody:], body[done:], short, &mac)
	}
	tag := mac.sum(rest)
	copy(out[messageTag:], tag[:])
}

// sealRest encrypts what is after the first group, and authenticates all but
// the last blocks of it, which it returns.
func (k *messageKey) sealRest(out, body []byte, nonce *[8]byte, mac *poly) []byte {
	block := uint64(groupBlocks)
	if n := min(len(body), maxAtOnce) / salsaGroup * salsaGroup; hasSalsaGroups && n >= 2*salsaGroup {
		// While a group is encrypted, the one before it is authenticated.
		k.xor(out[:salsaGroup], body[:salsaGroup], nonce, block)
		state := k.at(nonce, block+groupBlocks)
		boxGroups(&out[salsaGroup], &body[salsaGroup], n/salsaGroup-1, &state, mac, &out[0])
		block += uint64(n / salsaBlock)
		mac.write(out[n-salsaGroup : n])
		out, body = out[n:], body[n:]
	}
	for ; len(body) >= pieceSize; block += pieceSize / salsaBlock {
		k.xor(out[:pieceSize], body[:pieceSize], nonce, block)
		mac.write(out[:pieceSize])
		out, body = out[pieceSize:], body[pieceSize:]
	}
	k.xor(out[:len(body)], body, nonce, block)
	return out
}

// open decrypts the payload of message in place and reports whether its tag
// is right. If it is not, the payload is lost and must not be looked at.
func (k *messageKey) open(message []byte) bool {
	short := (*[8]byte)(message[messageNonce:])
	payload := message[messagePayload:]
	var stream [salsaGroup]byte
	k.head(&stream, short, min(polyKey+len(payload), salsaGroup))

	mac := newPoly((*[polyKey]byte)(stream[:]))
	first := payload[:min(len(payload), headBody)]
	var tag [polyBlock]byte
	if len(first) < len(payload) {
		mac.write(first)
		tag = k.openRest(payload[headBody:], short, &mac)
	} else {
		tag = mac.sum(first)
	}
	subtle.XORBytes(first, first, stream[polyKey:])
	return subtle.ConstantTimeCompare(tag[:], message[messageTag:messagePayload]) == 1
}

// openRest decrypts what is after the first group and returns the tag of all.
func (k *messageKey) openRest(body []byte, nonce *[8]byte, mac *poly) [polyBlock]byte {
	block := uint64(groupBlocks)
	if n := min(len(body), maxAtOnce) / salsaGroup * salsaGroup; hasSalsaGroups && n > 0 {
		state := k.at(nonce, block)
		boxGroups(&body[0], &body[0], n/salsaGroup, &state, mac, &body[0])
		block += uint64(n / salsaBlock)
		body = body[n:]
	}
	for ; len(body) >= pieceSize; block += pieceSize / salsaBlock {
		mac.write(body[:pieceSize])
		k.xor(body[:pieceSize], body[:pieceSize], nonce, block)
		body = body[pieceSize:]
	}
	tag := mac.sum(body)
	k.xor(body, body, nonce, block)
	return tag
}

// curveTraffic is what both roles of CURVE do once the handshake is complete.
// Seal touches the first two fields only, Open the last two.
type curveTraffic struct {
	sealKey  messageKey
	sent     uint64 // the last short nonce that was used
	openKey  messageKey
	received uint64 // the last short nonce that the peer used
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
	t.sealKey.seal(dst[start:], t.sent, payloadFlags, body)
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
	if !t.openKey.open(body) {
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
	return Frame{flags, body[messageBody:]}, nil
}
