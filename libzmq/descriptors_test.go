package libzmq

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/adrastea-kernel/adrastea/zmq"
)

// scarce has the test binary run out of file descriptors instead of testing.
const scarce = "LIBZMQ_TEST_SCARCE"

// TestTooManyOpenFiles checks that libzmq's assertions stay out of reach when
// file descriptors are.
func TestTooManyOpenFiles(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"sockets", "forwarders", "bind", "authenticator"} {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), scarce+"="+kind)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", kind, err, out)
		}
	}
}

func exhaust() int {
	limit := syscall.Rlimit{Cur: 64, Max: 64}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		fmt.Println(err)
		return 1
	}
	if os.Getenv(scarce) == "bind" {
		return bindWithoutDescriptors()
	}
	if os.Getenv(scarce) == "authenticator" {
		return askWithoutDescriptors()
	}
	refused := false
	var sockets []*Socket
	var forwarders []*Forwarder
	for range 100 {
		if os.Getenv(scarce) == "sockets" {
			s, err := NewSocket(Dealer, nil)
			if refused = err != nil; refused {
				break
			}
			_, _ = s.Bind("tcp://127.0.0.1:*")
			_ = s.Connect("tcp://127.0.0.1:1")
			sockets = append(sockets, s)
			continue
		}
		f, err := New()
		if refused = err != nil; refused {
			break
		}
		forwarders = append(forwarders, f)
	}
	for _, s := range sockets {
		s.Close()
	}
	for _, f := range forwarders {
		f.Close()
	}
	if !refused {
		fmt.Println("nothing was refused")
		return 1
	}
	return 0
}

func bindWithoutDescriptors() int {
	s, err := NewSocket(Dealer, nil)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer s.Close()
	var files []*os.File
	for f, err := os.Open(os.DevNull); err == nil; f, err = os.Open(os.DevNull) {
		files = append(files, f)
	}
	if _, err := s.Bind("tcp://127.0.0.1:*"); err == nil {
		fmt.Println("bound without a descriptor")
		return 1
	}
	for _, f := range files {
		f.Close()
	}
	if _, err := s.Bind("tcp://127.0.0.1:*"); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// askWithoutDescriptors makes sockets with an authenticator, whose own socket may find
// no descriptor at any step of its making.
func askWithoutDescriptors() int {
	cfg := &Config{Security: zmq.PlainServer(zmq.AllowAny)}
	refused := 0
	for spare := range 40 {
		var files []*os.File
		for f, err := os.Open(os.DevNull); err == nil; f, err = os.Open(os.DevNull) {
			files = append(files, f)
		}
		for _, f := range files[max(len(files)-spare, 0):] {
			f.Close()
		}
		ended := make(chan error)
		go func() {
			s, err := NewSocket(Rep, cfg)
			if err == nil {
				err = s.Close()
			}
			ended <- err
		}()
		select {
		case err := <-ended:
			if err != nil {
				refused++
			}
		case <-time.After(patience):
			fmt.Printf("with %d descriptors NewSocket or Close hangs\n", spare)
			return 1
		}
		for _, f := range files[:max(len(files)-spare, 0)] {
			f.Close()
		}
	}
	if refused == 0 || refused == 40 {
		fmt.Printf("%d of 40 sockets were refused\n", refused)
		return 1
	}
	return 0
}
