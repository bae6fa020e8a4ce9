package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/adrastea-kernel/adrastea/jupyter"
	"github.com/adrastea-kernel/adrastea/zmq"
)

// eager tries again at once to connect, so that the pause between two tries is
// not what is measured.
var eager = &zmq.Config{ReconnectMin: time.Millisecond, ReconnectMax: time.Millisecond}

// measureStart starts a kernel, and takes the time from there to the reply to
// a kernel_info_request, and to the end of a first cell.
func measureStart(ctx context.Context, s *sample, _ counts, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	conn, file, err := chooseConnection(dir)
	if err != nil {
		return err
	}
	codec, err := jupyter.NewCodec(conn.SignatureScheme, conn.Key)
	if err != nil {
		return err
	}
	shell, err := zmq.NewSocket(zmq.Dealer, eager)
	if err != nil {
		return err
	}
	defer shell.Close()
	if err := shell.Connect(conn.Endpoint(jupyter.Shell)); err != nil {
		return err
	}
	// ark waits for somebody who listens.
	iopub, err := zmq.NewSocket(zmq.Sub, eager)
	if err != nil {
		return err
	}
	defer iopub.Close()
	go func() {
		for range iopub.Recv() {
		}
	}()
	if err := iopub.Subscribe(nil); err != nil {
		return err
	}
	if err := iopub.Connect(conn.Endpoint(jupyter.IOPub)); err != nil {
		return err
	}
	argv := s.spec.Command(file)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = os.Environ()
	for name, value := range s.spec.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	started := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		// The group is the kernel and what it has started.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}()
	d := &dialogue{codec: codec, session: jupyter.NewSession("bench"), shell: shell}
	if err := d.ask(ctx, &jupyter.KernelInfoRequest{}); err != nil {
		return err
	}
	s.addTime(startRow, time.Since(started))
	if err := d.ask(ctx, &jupyter.ExecuteRequest{Code: "1", StopOnError: true}); err != nil {
		return err
	}
	s.addTime(firstCellRow, time.Since(started))
	return nil
}

// chooseConnection writes a connection file with ports that are free now.
func chooseConnection(dir string) (*jupyter.ConnectionInfo, string, error) {
	conn := jupyter.NewConnectionInfo()
	for i := range conn.Ports {
		ln, err := net.Listen("tcp", net.JoinHostPort(conn.IP, "0"))
		if err != nil {
			return nil, "", err
		}
		defer ln.Close()
		conn.Ports[i] = ln.Addr().(*net.TCPAddr).Port
	}
	file := filepath.Join(dir, "kernel-"+jupyter.NewID()+".json")
	return conn, file, conn.WriteFile(file)
}

// A dialogue is requests and replies on one socket, nothing else.
type dialogue struct {
	codec   *jupyter.Codec
	session *jupyter.Session
	shell   *zmq.Socket
}

// ask sends a request and waits for its reply.
func (d *dialogue) ask(ctx context.Context, c jupyter.Content) error {
	m, err := d.session.New(nil, c)
	if err != nil {
		return err
	}
	frames, err := d.codec.Encode(m)
	if err != nil {
		return err
	}
	select {
	case d.shell.Send() <- zmq.Message{Frames: frames}:
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		select {
		case received, ok := <-d.shell.Recv():
			if !ok {
				return d.shell.Err()
			}
			reply, err := d.codec.Decode(received.Frames)
			if err != nil {
				return err
			}
			if parent, err := reply.Parent(); err == nil && parent.MsgID == m.Header.MsgID {
				return nil
			}
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("no reply to %s", c.MsgType()), ctx.Err())
		}
	}
}
