package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/client"
	"github.com/adrastea-kernel/adrastea/jupyter"
)

// TestC5RestartBySomebodyElse has one client restart a kernel, on the same ports, while
// code of another one runs there.
func TestC5RestartBySomebodyElse(t *testing.T) {
	t.Parallel()
	peers := map[string]peer{"ipykernel": peers["ipykernel"], "IRkernel": peers["IRkernel"], "words": {
		spec: func(*testing.T) *jupyter.KernelSpec { return exampleSpec() }, loop: "loop",
	}}
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			owner, err := client.Start(testContext(t), p.spec(t), config(t, &client.Config{
				Env: []string{"IPYTHONDIR=" + t.TempDir()},
			}))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { owner.Close() })
			conn, err := jupyter.ReadConnectionFile(owner.ConnectionFile())
			if err != nil {
				t.Fatal(err)
			}
			// Without heartbeats no kernel that is slow to start is taken for dead.
			guest, err := client.Attach(testContext(t), conn, &client.Config{Heartbeat: -1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { guest.Close() })
			runs, ended := make(chan struct{}), make(chan error, 1)
			loops := sync.OnceFunc(func() { close(runs) }) // says so, maybe in several pieces
			go func() {
				_, err := guest.Execute(testContext(t), p.loop, &client.ExecuteOptions{
					Output: func(m *jupyter.Message) {
						if m.Header.MsgType == jupyter.TypeStream {
							loops()
						}
					},
				})
				ended <- err
			}()
			<-runs
			if err := owner.Restart(testContext(t)); err != nil {
				t.Fatal(err)
			}
			// Some kernels end the code and answer before they end.
			if err := <-ended; err != nil && !errors.Is(err, client.ErrRestarted) {
				t.Errorf("Execute: %v, want %v", err, client.ErrRestarted)
			}
			select {
			case <-guest.Done():
			case <-testContext(t).Done():
				t.Fatal("the client does not end")
			}
			if !errors.Is(guest.Err(), client.ErrRestarted) {
				t.Errorf("Err() = %v, want %v", guest.Err(), client.ErrRestarted)
			}
			if _, err := guest.KernelInfo(testContext(t)); !errors.Is(err, client.ErrRestarted) {
				t.Errorf("KernelInfo: %v, want %v", err, client.ErrRestarted)
			}
			guest.Close()
			again, err := client.Attach(testContext(t), conn, nil)
			if err != nil {
				t.Fatal(err)
			}
			again.Close()
			// In order, or R's temporary directory would stay.
			if err := owner.Shutdown(testContext(t)); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

// A tunnel forwards connections to a kernel, and can break all of them.
type tunnel struct {
	conn *jupyter.ConnectionInfo // at its near end

	mu    sync.Mutex
	conns []net.Conn // guarded by mu
	wg    sync.WaitGroup
}

func openTunnel(t *testing.T, to *jupyter.ConnectionInfo) *tunnel {
	t.Helper()
	near := *to
	u := &tunnel{conn: &near}
	t.Cleanup(u.wg.Wait)
	t.Cleanup(u.breakAll)
	for _, ch := range jupyter.Channels() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ln.Close() })
		near.Ports[ch] = ln.Addr().(*net.TCPAddr).Port
		far := net.JoinHostPort(to.IP, strconv.Itoa(to.Ports[ch]))
		u.wg.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				u.forward(conn, far)
			}
		})
	}
	return u
}

func (u *tunnel) forward(conn net.Conn, far string) {
	peer, err := net.Dial("tcp", far)
	if err != nil {
		conn.Close()
		return
	}
	u.mu.Lock()
	u.conns = append(u.conns, conn, peer)
	u.mu.Unlock()
	for _, pair := range [][2]net.Conn{{conn, peer}, {peer, conn}} {
		u.wg.Go(func() {
			io.Copy(pair[0], pair[1])
			pair[0].Close()
		})
	}
}

func (u *tunnel) breakAll() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, c := range u.conns {
		c.Close()
	}
	u.conns = nil
}

// TestC5SameKernelAfterALostConnection has calls go on when the connection breaks and
// the kernel that is there again is the same.
func TestC5SameKernelAfterALostConnection(t *testing.T) {
	t.Parallel()
	running := make(chan struct{})
	var code *jupyter.Message // what runs
	k := startFake(t, func(k *fakeKernel, ch jupyter.Channel, m *jupyter.Message) {
		switch {
		case m.Header.MsgType == jupyter.TypeKernelInfoRequest:
			k.info(ch, m)
		case code == nil:
			code = m
			close(running)
		default: // the end of the code is seen when the subscription has come again
			if m.Header.MsgType == jupyter.TypeCompleteRequest {
				k.whole(ch, m, &jupyter.CompleteReply{Status: jupyter.StatusOK}, nil)
				k.send(jupyter.Shell, code, okReply())
				k.status(code, jupyter.StateIdle)
			}
		}
	})
	u := openTunnel(t, k.conn)
	c, err := client.Attach(testContext(t), u.conn, &client.Config{Heartbeat: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ended := make(chan error, 1)
	go func() {
		_, err := c.Execute(testContext(t), "x", nil)
		ended <- err
	}()
	<-running
	u.breakAll()
	for deadline := testContext(t); ; {
		// What was on its way when the connection broke has gone.
		ctx, cancel := context.WithTimeout(deadline, time.Second)
		_, err := c.Complete(ctx, "x", -1)
		cancel()
		if err != nil && (deadline.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			t.Fatalf("Complete after the connection was lost: %v", err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Execute: %v", err)
			}
			return
		default:
		}
	}
}
