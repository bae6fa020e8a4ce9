package libzmq

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/pebbe/zmq4"
)

// names numbers what needs a name of its own in the process.
var names atomic.Uint64

// NewPair returns two PAIR sockets of ctx that are connected to each other:
// what is sent on one wakes a poll on the other. Each end may be used by a
// thread of its own. They have no bound: the sender of a full pair learns late
// that there is room again, and a wake-up must not be lost meanwhile.
func NewPair(ctx *zmq4.Context) (tx, rx *zmq4.Socket, err error) {
	endpoint := fmt.Sprintf("inproc://adrastea-pair-%d", names.Add(1))
	if rx, err = ctx.NewSocket(zmq4.PAIR); err != nil {
		return nil, nil, fmt.Errorf("libzmq: new PAIR: %w", err)
	}
	if tx, err = ctx.NewSocket(zmq4.PAIR); err == nil {
		err = errors.Join(tx.SetSndhwm(0), rx.SetSndhwm(0), rx.Bind(endpoint), tx.Connect(endpoint))
	}
	if err != nil {
		rx.Close()
		tx.Close()
		return nil, nil, fmt.Errorf("libzmq: pair %s: %w", endpoint, err)
	}
	return tx, rx, nil
}

// spareDescriptors fails if the process is about to have no file descriptors
// left. libzmq aborts it when there are none for a new context, or to look for the
// interface that an address to bind may name.
func spareDescriptors() error {
	const enough = 16
	for range enough {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer f.Close()
	}
	return nil
}
