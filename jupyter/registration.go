package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// HandshakeVersion is the kernel_protocol_version of a kernelspec whose kernel
// takes a registration file too.
const HandshakeVersion = "5.6"

// A Registration is what a registration file says besides the connection: a
// kernel chooses its ports itself and tells them at this address, before it is
// connected to. The exchange has two forms.
//
// That of protocol 5.6 is a signed JSON object, which a DEALER sends and a ROUTER
// acknowledges. Its file has registration_ip.
// https://jupyter-client.readthedocs.io/en/latest/messaging.html#kernel-startup-handshake
//
// The older one, which Positron's supervisor speaks, is a handshake_request and
// its handshake_reply, whole messages from a REQ to a REP or ROUTER. Its file
// has only ip.
type Registration struct {
	IP       string
	Port     int
	KernelID string // empty in the older form
	Older    bool   // whole messages

	transport string
	codec     *Codec
}

// NewRegistration returns the registration, in the form of protocol 5.6, of a
// kernel that is to have the transport and the key of c.
func NewRegistration(c *ConnectionInfo, port int) (*Registration, error) {
	codec, err := NewCodec(c.SignatureScheme, c.Key)
	if err != nil {
		return nil, err
	}
	return &Registration{
		IP: c.IP, Port: port, KernelID: NewID(), transport: c.Transport, codec: codec,
	}, nil
}

// takeRegistration takes the fields of a registration out of a file that has
// registration_port, and those of the ports, which are still to be chosen. c
// gets what it has of the connection.
func takeRegistration(f *fields, c *ConnectionInfo) *Registration {
	_, newer := f.keys["registration_ip"]
	r := &Registration{Older: !newer, KernelID: f.text("kernel_id", "")}
	c.IP = f.text("ip", "")
	if r.IP = c.IP; newer {
		r.IP = f.needText("registration_ip")
	} else if r.IP == "" {
		f.errorf("registration_ip is missing")
	}
	if c.IP == "" {
		c.IP = r.IP
	}
	if newer && r.KernelID == "" {
		f.errorf("kernel_id is missing")
	}
	if r.Port = f.textPort("registration_port"); r.Port == 0 && len(f.errs) == 0 {
		f.errorf("registration_port is 0")
	}
	for _, key := range portKeys {
		delete(f.keys, key)
	}
	return r
}

// Endpoint returns the 0MQ endpoint to which a kernel tells its ports.
func (r *Registration) Endpoint() string { return endpoint(r.transport, r.IP, r.Port) }

// WriteFile writes to path a registration file, or, when the ports of c are
// known, a connection file from which a kernel that is restarted can register
// again. Only its owner may read it.
func (r *Registration) WriteFile(path string, c *ConnectionInfo) error {
	return c.writeFile(path, r)
}

// A handshakeRequest is what a kernel says in the older form of a handshake. It
// is no message of the protocol.
type handshakeRequest struct {
	ShellPort   int `json:"shell_port"`
	ControlPort int `json:"control_port"`
	StdinPort   int `json:"stdin_port"`
	IOPubPort   int `json:"iopub_port"`
	HBPort      int `json:"hb_port"`
}

// MsgType returns "handshake_request".
func (*handshakeRequest) MsgType() string { return "handshake_request" }

// A handshakeReply answers a handshakeRequest.
type handshakeReply struct {
	Status string `json:"status"`
}

// MsgType returns "handshake_reply".
func (*handshakeReply) MsgType() string { return "handshake_reply" }

// Announce returns the frames by which a kernel tells that it listens on ports.
func (r *Registration) Announce(s *Session, ports [5]int) ([][]byte, error) {
	if r.Older {
		m, err := s.New(nil, &handshakeRequest{
			ShellPort: ports[Shell], ControlPort: ports[Control], StdinPort: ports[Stdin],
			IOPubPort: ports[IOPub], HBPort: ports[Heartbeat],
		})
		if err != nil {
			return nil, err
		}
		return r.codec.Encode(m)
	}
	content := map[string]string{"kernel_id": r.KernelID}
	for ch, key := range portKeys {
		content[key] = strconv.Itoa(ports[ch])
	}
	raw, err := marshal(content)
	if err != nil {
		return nil, err
	}
	return r.codec.encodeBare(nil, raw), nil
}

// CheckAnswer returns an error if frames are not the answer that lets a kernel
// that has announced itself go on.
func (r *Registration) CheckAnswer(frames [][]byte) error {
	if !r.Older {
		_, _, err := r.codec.decodeBare(frames)
		return err
	}
	m, err := r.codec.Decode(frames)
	if err != nil {
		return err
	}
	c, err := Decode[handshakeReply](m)
	if err == nil && c.Status != StatusOK {
		err = fmt.Errorf("jupyter: the handshake_reply has status %q", c.Status)
	}
	return err
}

// Accept reads an announcement, as it comes from a ROUTER or a REP, and returns
// the ports of the kernel and the frames of the answer.
func (r *Registration) Accept(s *Session, frames [][]byte) (ports [5]int, answer [][]byte, err error) {
	if r.Older {
		ports, answer, err = r.acceptOlder(s, frames)
	} else {
		ports, answer, err = r.acceptNewer(frames)
	}
	for ch, key := range portKeys {
		if err == nil && ports[ch] == 0 {
			err = fmt.Errorf("jupyter: registration: %s is missing or 0", key)
		}
	}
	if err != nil {
		return [5]int{}, nil, err
	}
	return ports, answer, nil
}

func (r *Registration) acceptNewer(frames [][]byte) (ports [5]int, answer [][]byte, err error) {
	ids, raw, err := r.codec.decodeBare(frames)
	if err != nil {
		return ports, nil, err
	}
	keys := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &keys); err != nil {
		return ports, nil, fmt.Errorf("%w: no JSON object", ErrMalformed)
	}
	f := fields{keys: keys}
	if id := f.text("kernel_id", ""); id != r.KernelID {
		return ports, nil, errors.New("jupyter: the registration of another kernel")
	}
	for ch, key := range portKeys {
		ports[ch] = f.textPort(key)
	}
	if len(f.errs) > 0 {
		return ports, nil, fmt.Errorf("jupyter: registration: %w", joinLine(f.errs))
	}
	return ports, r.codec.encodeBare(ids, []byte(`{"status":"ok"}`)), nil
}

func (r *Registration) acceptOlder(s *Session, frames [][]byte) (ports [5]int, answer [][]byte, err error) {
	m, err := r.codec.Decode(frames)
	if err != nil {
		return ports, nil, err
	}
	c, err := Decode[handshakeRequest](m)
	if err != nil {
		return ports, nil, err
	}
	ports[Shell], ports[Control], ports[Stdin] = c.ShellPort, c.ControlPort, c.StdinPort
	ports[IOPub], ports[Heartbeat] = c.IOPubPort, c.HBPort
	reply, err := s.Reply(m, &handshakeReply{Status: StatusOK})
	if err == nil {
		answer, err = r.codec.Encode(reply)
	}
	return ports, answer, err
}

// encodeBare returns the frames of a signed content without headers.
func (c *Codec) encodeBare(ids [][]byte, content []byte) [][]byte {
	frames := append([][]byte{}, ids...)
	return append(frames, delimiter, c.signature(content), content)
}

// decodeBare returns the content of frames that [Codec.encodeBare] has made.
func (c *Codec) decodeBare(frames [][]byte) (ids [][]byte, content []byte, err error) {
	at, err := findDelimiter(frames)
	if err == nil && len(frames) != at+3 {
		err = fmt.Errorf("%w: %d frames after the delimiter, want 2", ErrMalformed, len(frames)-at-1)
	}
	if err == nil && c.hashes != nil {
		err = c.verify(frames[at+1], frames[at+2])
	}
	if err != nil {
		return nil, nil, err
	}
	return frames[:at:at], frames[at+2], nil
}

// endpoint returns a 0MQ endpoint as [ConnectionInfo.Endpoint] does.
func endpoint(transport, ip string, port int) string {
	if transport == "ipc" {
		return fmt.Sprintf("ipc://%s-%d", ip, port)
	}
	return transport + "://" + net.JoinHostPort(strings.Trim(ip, "[]"), strconv.Itoa(port))
}
