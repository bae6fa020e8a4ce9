package kernel

import (
	"fmt"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// security returns the security of the five sockets: CURVE if the connection
// file has keys, else nil, which is none.
//
// Whoever knows the server's public key may connect. It is in no message and in no
// other place than the connection file, next to the key that messages are
// signed with; and clients show keys of their own choice: jupyter_client that
// of the file, but a fresh one on the heartbeat.
// https://jupyter-client.readthedocs.io/en/stable/security.html
func security(info *jupyter.ConnectionInfo) (*zmq.Security, error) {
	if info.CurvePublicKey == "" && info.CurveSecretKey.Empty() {
		return nil, nil
	}
	key, err := zmq.ParseCurveKeyPair(info.CurvePublicKey, info.CurveSecretKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("kernel: curve_publickey and curve_secretkey of the connection: %w", err)
	}
	return zmq.CurveServer(key, zmq.AllowAny), nil
}
