package libzmq

import "github.com/adrastea-kernel/adrastea/kernel"

// Engine has a kernel use the sockets of this package, and so libzmq:
//
//	kernel.Serve(ctx, lang, file, &kernel.Config{Engine: libzmq.Engine{}})
type Engine struct{}

// Bind makes a socket of type t and binds it to endpoint.
func (Engine) Bind(t Type, endpoint string, cfg *Config) (kernel.Socket, string, error) {
	s, err := NewSocket(t, cfg)
	if err != nil {
		return nil, "", err
	}
	bound, err := s.Bind(endpoint)
	if err != nil {
		s.Close()
		return nil, "", err
	}
	return s, bound, nil
}
