package client

import (
	"fmt"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// An Encryption says whether the traffic with a kernel that Start starts is
// encrypted, with CURVE. With a kernel that is attached to, it is if the
// connection has keys.
type Encryption int

// The encryptions, named as jupyter_client's transport_encryption.
const (
	EncryptionDisabled Encryption = iota // never
	EncryptionAuto                       // if the kernelspec says that the kernel can
	EncryptionRequired                   // always; a kernel that cannot is not started
)

// encrypt puts CURVE keys into the connection of a kernel that is to be
// started, if they are wanted.
func (c *Client) encrypt() error {
	switch c.cfg.Encryption {
	case EncryptionDisabled:
		return nil
	case EncryptionAuto:
		if !c.spec.SupportsCurve() {
			return nil
		}
	case EncryptionRequired:
		if !c.spec.SupportsCurve() {
			return fmt.Errorf("client: kernel %q cannot encrypt: \"curve\" is not in metadata.supported_encryption of its kernelspec", c.spec.Name)
		}
	default:
		return fmt.Errorf("client: unknown encryption %d", c.cfg.Encryption)
	}
	key := zmq.NewCurveKey()
	c.conn.CurvePublicKey = key.Public().String()
	c.conn.CurveSecretKey = jupyter.NewKey(key.Secret())
	return nil
}

// security returns the security of the sockets of a connection: CURVE if it
// has keys, else nil, which is none. Like jupyter_client, a client shows the
// kernel's own key, which proves that it has read the connection file.
// https://jupyter-client.readthedocs.io/en/stable/security.html
func security(conn *jupyter.ConnectionInfo) (*zmq.Security, error) {
	if conn.CurvePublicKey == "" && conn.CurveSecretKey.Empty() {
		return nil, nil
	}
	key, err := zmq.ParseCurveKeyPair(conn.CurvePublicKey, conn.CurveSecretKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("curve_publickey and curve_secretkey of the connection: %w", err)
	}
	return zmq.CurveClient(key, key.Public()), nil
}
